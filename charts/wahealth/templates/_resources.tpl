{{- /* By the size of the fleet: docs/performance.md has the measurements. No limit of CPU: who is throttled is late. */}}
{{- define "wahealth.presets" -}}
none: {}
small:
  requests: {cpu: 20m, memory: 128Mi}
  limits: {memory: 256Mi}
medium:
  requests: {cpu: 50m, memory: 192Mi}
  limits: {memory: 512Mi}
large:
  requests: {cpu: 500m, memory: 640Mi}
  limits: {memory: 1536Mi}
{{- end }}

{{- /* The preset, and over it what the values say; an amount that is null is left out. */}}
{{- define "wahealth.resources" -}}
{{- $preset := get (include "wahealth.presets" . | fromYaml) .Values.resourcesPreset }}
{{- $resources := mergeOverwrite $preset (.Values.resources | default dict) }}
{{- range $kind := list "requests" "limits" }}
{{- $amounts := get $resources $kind | default dict }}
{{- range $name, $amount := $amounts }}
{{- if kindIs "invalid" $amount }}{{ $_ := unset $amounts $name }}{{ end }}
{{- end }}
{{- if not $amounts }}{{ $_ := unset $resources $kind }}{{ end }}
{{- end }}
{{- toYaml $resources }}
{{- end }}
