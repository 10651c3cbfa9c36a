import { stringify } from 'yaml'
import { alertingRules } from './alerting.js'
import { recordingRules } from './recording.js'
import type { AlertingRule } from './rule.js'

/** Stands for where the documentation is published: who loads the rules puts that address in its place (docs/dashboards.md). */
const DOCS = 'https://driftwatch.example/docs'

const alerting = ({ alert, expr, for: lasting, severity, summary, description }: AlertingRule) => ({
  alert,
  expr,
  ...(lasting !== '0s' && { for: lasting }),
  labels: { severity },
  annotations: { summary, description, runbook_url: `${DOCS}/runbooks/${alert}.md` },
})

/** The rules as Prometheus reads them, YAML. */
export const rulesFile = (): string =>
  stringify(
    {
      groups: [
        { name: 'driftwatch-recording', interval: '1m', rules: recordingRules },
        { name: 'driftwatch', rules: alertingRules.map(alerting) },
      ],
    },
    { lineWidth: 0 },
  )
