import type { Registry } from 'prom-client'

interface Described {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labels: readonly string[]
}

/** The fixed set of values that a label takes, everywhere or in one metric. */
export interface LabelValues {
  readonly label: string
  readonly metric?: string
  readonly values: readonly string[]
}

/** `docs/metrics.md`: every metric of a registry with its type, labels and meaning, in the order they were made. Markdown. */
export function metricsPage(registry: Registry, values: readonly LabelValues[]): string {
  const metrics = registry.getMetricsAsArray().map(describe)
  const rows = metrics.map(({ name, type, labels, help }) => row([code(name), type, labels.map(code).join(', '), help]))
  return [
    '# Metrics',
    '',
    '<!-- Generated from pipelines/metric-catalogue.ts; `npm run docs` writes it anew. -->',
    '',
    'Served in Prometheus text format at `/metrics`. Histograms add `_bucket`, `_sum` and `_count`.',
    'Counters and histograms with labels of a fixed set exist from the start, at 0, so that `rate()` sees the first event.',
    '',
    row(['Metric', 'Type', 'Labels', 'Meaning']),
    row(['---', '---', '---', '---']),
    ...rows,
    '',
    '## Values of the labels',
    '',
    row(['Label', 'Values']),
    row(['---', '---']),
    ...values.map(({ label, metric, values: all }) =>
      row([metric === undefined ? code(label) : `${code(label)} of ${code(metric)}`, all.map(code).join(', ')]),
    ),
    '',
  ].join('\n')
}

const code = (text: string) => `\`${text}\``
const row = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

/** prom-client's types leave out what its metrics carry: the name of their type and their labels. */
function describe(metric: { name: string; help: string; type: unknown }): Described {
  const labels = 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : []
  return { name: metric.name, type: String(metric.type), help: metric.help, labels }
}
