import { stringify } from 'yaml'
import { alertingRules } from './alerting.js'
import { recordingRules } from './recording.js'
import type { AlertingRule } from './rule.js'
import { streamRules } from './streams.js'

/** Stands for where the documentation is published: who loads the rules puts that address in its place (docs/dashboards.md). */
const DOCS = 'https://driftwatch.example/docs'

const alerting = ({ alert, expr, for: lasting, severity, summary, description }: AlertingRule) => ({
  alert,
  expr,
  ...(lasting !== '0s' && { for: lasting }),
  ...(severity !== 'of the series' && { labels: { severity } }),
  annotations: { summary, description, runbook_url: `${DOCS}/runbooks/${alert}.md` },
})

const file = (groups: readonly object[]): string => stringify({ groups }, { lineWidth: 0 })

/** The rules as Prometheus reads them, YAML, by the name of their file. */
export const ruleFiles: Readonly<Record<string, string>> = {
  'driftwatch.rules.yml': file([
    { name: 'driftwatch-recording', interval: '1m', rules: recordingRules },
    { name: 'driftwatch', rules: alertingRules.map(alerting) },
  ]),
  'driftwatch-streams.rules.yml': file([{ name: 'driftwatch-streams', rules: streamRules.map(alerting) }]),
}
