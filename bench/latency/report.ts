import { table } from '../../cli/terminal.js'
import { Samples } from '../../tests/kit/process.js'
import { metric, quantile } from '../figures.js'
import { machineLine } from '../kit/machine.js'
import type { HalfLoad } from './experiment.js'

/** How long alerts took from their record, and what the pipeline itself says of its share. */
export function latencyReport(capacity: number, { arrivals, consumption }: HalfLoad): string {
  const took = arrivals.map(({ made, arrived }) => arrived - made)
  const [p50, p99, p999] = [0.5, 0.99, 0.999].map((q) => quantile(took, q))
  const [before, after] = (consumption.pages ?? ['', '']).map((page) => new Samples(page))
  const over = (name: string, labels = {}) => after.sum(name, labels) - before.sum(name, labels)
  const stages = ['decode', 'score', 'window', 'calibrate', 'grade'].map(
    (stage) => [stage, (1000 * over('stage_duration_seconds_sum', { stage })) / over('stage_duration_seconds_count', { stage })] as const,
  )
  const delivery = (1000 * over('stage_duration_seconds_sum', { stage: 'deliver' })) / over('deliveries_total')
  const mean = took.reduce((sum, one) => sum + one, 0) / took.length
  return [
    table([
      ['records/s', 'alerts', 'p50', 'p99', 'p99.9', 'largest (ms from the producer to the webhook)'],
      [Math.round(consumption.recordsPerSecond), took.length, p50, p99, p999, Math.max(...took)],
    ]),
    '',
    'means, in ms',
    table([
      ['part', 'ms'],
      ['from the producer to the webhook', mean],
      ['  producer, broker and Kafka client', mean - stages.reduce((sum, [, ms]) => sum + ms, delivery)],
      ...stages.map(([name, ms]) => [`  ${name}, of a batch`, ms]),
      ['  deliver, of an event', delivery],
    ]),
    `at half of ${Math.round(capacity).toLocaleString('en-GB')} records/s; ${machineLine()}`,
    '',
    metric('latency_p50_ms', p50),
    metric('latency_p99_ms', p99),
    metric('latency_p999_ms', p999),
  ].join('\n')
}
