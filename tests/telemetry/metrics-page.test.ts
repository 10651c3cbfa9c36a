import { join } from 'node:path'
import { Counter, Gauge, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { labelValues } from '../../pipelines/metric-labels.js'
import { Metrics } from '../../pipelines/metrics.js'
import { metricsPage } from '../../telemetry/metrics-page.js'

describe('the page of the metrics', () => {
  it('has a row for each metric and for each label of a fixed set', () => {
    const registry = new Registry()
    new Counter({ name: 'a_total', help: 'Counts a|b.', labelNames: ['kind', 'x'], registers: [registry] })
    new Gauge({ name: 'b', help: 'Shows b.', registers: [registry] })
    const page = metricsPage(registry, [
      { label: 'kind', values: ['one', 'two'] },
      { label: 'x', metric: 'a_total', values: ['z'] },
    ])
    expect(page).toContain('| `a_total` | counter | `kind`, `x` | Counts a\\|b. |\n| `b` | gauge |  | Shows b. |\n')
    expect(page).toContain('| `kind` | `one`, `two` |\n| `x` of `a_total` | `z` |\n')
  })

  it('is committed as the metrics are', async () => {
    await expect(metricsPage(new Metrics().registry, labelValues)).toMatchFileSnapshot(join(process.cwd(), 'docs/metrics.md'))
  })
})
