{{- define "wahealth.labels" -}}
app.kubernetes.io/name: wahealth
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "wahealth.selector" -}}
app.kubernetes.io/name: wahealth
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "wahealth.name" -}}
{{- printf "%s-operator" .Release.Name | trunc 63 | trimSuffix "-" }}
{{- end }}
