/** A valid monitor, field by field, as YAML in flow style. */
const fields: Readonly<Record<string, string>> = {
  name: 'payments',
  source: '{ kafka: { brokers: [localhost:9092], topics: [features], group: driftwatch } }',
  decode: '{ json: { features: [amount, latency] } }',
  reference: '{ path: ./reference }',
  alerting: '{ falseAlarmsPerDay: 1 }',
  sinks: '[{ stdout: {} }]',
}

/** A monitor as an entry of `monitors`, with some fields replaced, added, or (undefined) left out. */
export function monitor(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const lines = Object.entries({ ...fields, ...changes }).flatMap(([name, text]) => (text === undefined ? [] : [`${name}: ${text}`]))
  return `  - ${lines.join('\n    ')}\n`
}

/** A configuration of one monitor. */
export const config = (changes: Readonly<Record<string, string | undefined>> = {}, head = ''): string =>
  `${head}monitors:\n${monitor(changes)}`

/** A substitution, such as `env:NAME`, as a YAML text. */
export const quoted = (inner: string): string => `"\${${inner}}"`
