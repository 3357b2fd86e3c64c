{{- define "wahealth.selector" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- /* Of every object of ours; a label that we need wins over one of the values. `more`: of this object alone. */}}
{{- define "wahealth.labels" -}}
{{- $ours := include "wahealth.selector" .root | fromYaml }}
{{- $chart := printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- $about := dict
  "app.kubernetes.io/version" .root.Chart.AppVersion
  "app.kubernetes.io/component" "operator"
  "app.kubernetes.io/part-of" "wahealth"
  "app.kubernetes.io/managed-by" .root.Release.Service
  "helm.sh/chart" $chart }}
{{- mergeOverwrite dict (.root.Values.commonLabels | default dict) (.more | default dict) $about $ours | toYaml }}
{{- end }}

{{- /* Of every object of ours: its `annotations`, or nothing. `more`: of this object alone. */}}
{{- define "wahealth.annotations" -}}
{{- with mergeOverwrite dict (.root.Values.commonAnnotations | default dict) (.more | default dict) }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Of all objects. */}}
{{- define "wahealth.name" -}}
{{- $release := .Release.Name }}
{{- if not (contains .Chart.Name $release) }}{{ $release = printf "%s-%s" $release .Chart.Name }}{{ end }}
{{- .Values.fullnameOverride | default (printf "%s-operator" $release) | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "wahealth.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "wahealth.name" .) }}
{{- end }}

{{- define "wahealth.image" -}}
{{- $registry := .Values.global.imageRegistry | default .Values.image.registry | default "" | trimSuffix "/" }}
{{- $version := printf ":%s" (.Values.image.tag | default .Chart.AppVersion) }}
{{- with .Values.image.digest }}{{ $version = printf "@%s" . }}{{ end }}
{{- with $registry }}{{ . }}/{{ end }}{{ .Values.image.repository }}{{ $version }}
{{- end }}

{{- /* Secrets to pull with, by name or as objects. */}}
{{- define "wahealth.pullSecrets" -}}
{{- with .Values.global.imagePullSecrets }}
imagePullSecrets:
{{- range . }}
- name: {{ kindIs "string" . | ternary . (get (kindIs "map" . | ternary . dict) "name") | quote }}
{{- end }}
{{- end }}
{{- end }}

{{- define "wahealth.rules" -}}
{{ .Files.Get "files/rules.yaml" }}
{{- if .Values.restartOnChange }}
{{ .Files.Get "files/rules-restart-on-change.yaml" }}
{{- end }}
{{- if .Values.watchSecrets }}
{{ .Files.Get "files/rules-watch-secrets.yaml" }}
{{- end }}
{{- if .Values.markPods }}
{{ .Files.Get "files/rules-mark-pods.yaml" }}
{{- end }}
{{- if .Values.watch.workloads }}
{{ .Files.Get "files/rules-watch-workloads.yaml" }}
{{- end }}
{{- if and .Values.restartOnChange (has "Rollout" .Values.watch.workloads) }}
{{ .Files.Get "files/rules-restart-rollouts.yaml" }}
{{- end }}
{{- end }}

{{- /* Whether there may be several pods, as with an autoscaler: "true" or nothing. */}}
{{- define "wahealth.several" -}}
{{- if or (kindIs "invalid" .Values.replicas) (gt (int .Values.replicas) 1) }}true{{ end }}
{{- end }}

{{- /* Whether there is a PodDisruptionBudget: "true" or nothing. */}}
{{- define "wahealth.pdb" -}}
{{- $several := include "wahealth.several" . }}
{{- if or (eq .Values.podDisruptionBudget "Enabled") (and (eq .Values.podDisruptionBudget "Auto") $several) }}true{{ end }}
{{- end }}

{{- /* Of a list of ports: what a NetworkPolicy has of them. */}}
{{- define "wahealth.ports" -}}
{{- range . }}
- {port: {{ . }}, protocol: TCP}
{{- end }}
{{- end }}

{{- /* Of a list of networks: what a NetworkPolicy has of them. */}}
{{- define "wahealth.networks" -}}
{{- range . }}
- ipBlock: {cidr: {{ . | quote }}}
{{- end }}
{{- end }}

{{- /* Of (URL, port): the URL's port, or this one if it has none. */}}
{{- define "wahealth.port" -}}
{{- index . 0 | trimSuffix "/" | regexFind ":[0-9]+$" | trimPrefix ":" | default (index . 1) }}
{{- end }}

{{- /* Networks and ports of the egress proxy, as values or its URL say them; nothing unless both are said. */}}
{{- define "wahealth.proxy" -}}
{{- $url := .Values.egress.proxy | default "" | trimSuffix "/" }}
{{- $host := regexReplaceAll ":[0-9]*$" (trimPrefix "http://" $url) "" | trimAll "[]" }}
{{- $cidrs := .Values.networkPolicy.proxyCidrs }}
{{- $ports := .Values.networkPolicy.proxyPorts }}
{{- if and (not $cidrs) (contains ":" $host) }}{{ $cidrs = list (printf "%s/128" $host) }}{{ end }}
{{- if and (not $cidrs) (regexMatch "^[0-9.]+$" $host) }}{{ $cidrs = list (printf "%s/32" $host) }}{{ end }}
{{- if and (not $ports) $url }}{{ $ports = list (include "wahealth.port" (list $url 80) | int) }}{{ end }}
{{- if and $cidrs $ports }}{{ dict "cidrs" $cidrs "ports" $ports | toYaml }}{{ end }}
{{- end }}
