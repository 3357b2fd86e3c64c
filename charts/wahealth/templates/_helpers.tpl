{{- define "wahealth.labels" -}}
{{ include "wahealth.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: operator
app.kubernetes.io/part-of: wahealth
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "wahealth.selector" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* Of all objects. */}}
{{- define "wahealth.name" -}}
{{- .Values.fullnameOverride | default (printf "%s-operator" .Release.Name) | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "wahealth.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "wahealth.name" .) }}
{{- end }}

{{- define "wahealth.image" -}}
{{- $registry := .Values.global.imageRegistry | default .Values.image.registry }}
{{- $version := printf ":%s" (.Values.image.tag | default .Chart.AppVersion) }}
{{- with .Values.image.digest }}{{ $version = printf "@%s" . }}{{ end }}
{{- with $registry }}{{ . }}/{{ end }}{{ .Values.image.repository }}{{ $version }}
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
{{- end }}

{{- /* Whether there is a PodDisruptionBudget: "true" or nothing. */}}
{{- define "wahealth.pdb" -}}
{{- if or (eq .Values.podDisruptionBudget "Enabled") (and (eq .Values.podDisruptionBudget "Auto") (gt (int .Values.replicas) 1)) }}true{{ end }}
{{- end }}
