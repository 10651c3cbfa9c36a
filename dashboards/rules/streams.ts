import type { AlertingRule } from './rule.js'

/**
 * What Driftwatch finds in the data, for people who are paged by Prometheus alone. They learn which stream and how severe; the sink
 * `alertmanager` also tells why.
 */
export const streamRules: readonly AlertingRule[] = [
  {
    alert: 'DriftwatchStreamAlert',
    expr: 'max by (monitor, stream, kind, severity) (driftwatch_stream_alert_open) == 1',
    for: '0s',
    severity: 'of the series',
    summary: 'Stream {{ $labels.stream }} of monitor {{ $labels.monitor }}: {{ $labels.kind }}',
    description: 'Driftwatch has an alert open about it. The live page, the dashboard Stream and the log say why.',
  },
]
