{{- define "driftwatch.name" -}}
{{- if eq .Release.Name .Chart.Name }}{{ .Release.Name }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "driftwatch.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "driftwatch.labels" -}}
{{ include "driftwatch.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- /* The whole configuration: what the user gives, with what probes and termination rest on. */ -}}
{{- define "driftwatch.config" -}}
{{- range .Values.config.monitors }}
{{- if and (hasKey .source "kafka") (not (and (hasKey . "state") (hasKey .state "kafka"))) }}
{{- fail (printf "config.monitors: %s reads from kafka, so it needs state: { kafka: { topic: … } }: its partitions move between pods" .name) }}
{{- end }}
{{- end }}
{{- $metrics := merge (dict "host" "0.0.0.0" "port" 9464) (.Values.config.metrics | default dict) }}
{{- $shutdown := dict "timeout" (printf "%ds" (int .Values.shutdownSeconds)) }}
{{- toYaml (merge (dict "metrics" $metrics "shutdown" $shutdown) .Values.config) }}
{{- end }}

{{- define "driftwatch.container-security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}
