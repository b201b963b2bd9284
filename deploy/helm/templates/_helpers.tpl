{{- define "weir.name" -}}
{{- if contains "weir" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-weir" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end -}}
{{- end }}

{{- define "weir.labels" -}}
app.kubernetes.io/name: weir
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "weir.selector" -}}
app.kubernetes.io/name: weir
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "weir.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "weir.secretName" -}}
{{- if .Values.secret.existing }}{{ .Values.secret.existing }}{{ else }}{{ include "weir.name" . }}{{ end -}}
{{- end }}

{{- /* What every pod is told: where its database is, the key, and what the values add. */ -}}
{{- define "weir.env" -}}
- name: DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ include "weir.secretName" . }}, key: database-url } }
- name: WEIR_SECRET_KEY
  valueFrom: { secretKeyRef: { name: {{ include "weir.secretName" . }}, key: secret-key } }
{{- if not (hasKey .Values.env "WEIR_URL") }}
{{- with .Values.web.url | default (ternary (printf "https://%s" .Values.ingress.host) "" .Values.ingress.enabled) }}
- name: WEIR_URL
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- if not (hasKey .Values.env "WEIR_DEMO_URL") }}
- name: WEIR_DEMO_URL
  value: http://{{ include "weir.name" . }}:{{ .Values.service.port }}/demo
{{- end }}
{{- range $name, $value := .Values.env }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{- /* A pod reads its secret at start: another secret makes other pods. */ -}}
{{- define "weir.podAnnotations" -}}
{{- if not .Values.secret.existing -}}
annotations:
  checksum/secret: {{ include (print .Template.BasePath "/secret.yaml") . | sha256sum }}
{{- end }}
{{- end }}

{{- define "weir.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "weir.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "weir.placement" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}
