import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { wholeNumber } from '../../cli/arguments.js'
import { table } from '../../cli/terminal.js'
import { defaultDetectors, detectorByName } from '../../detectors/registry.js'
import { median, metric } from '../figures.js'
import { alternate, ratios, spread } from '../kit/alternate.js'
import { machineLine } from '../kit/machine.js'
import { measurePipeline } from '../kit/measure.js'
import { fitMonitor, writeMonitor } from '../kit/monitor.js'
import { fillTopic } from '../kit/topic.js'
import { type Bench, withKafka } from '../kit/with-kafka.js'

const workloads = [
  { d: 16, records: 1_500_000 },
  { d: 64, records: 1_500_000 },
  { d: 512, records: 200_000 },
] as const

const ofKind = (kind: 'record' | 'window') => defaultDetectors.filter((name) => detectorByName(name).kind === kind)

/** What watches the records: the default set with and without its window detectors, and the cheap record detector alone with and without. */
const variants = {
  records: ofKind('record'),
  all: [...defaultDetectors],
  gaussian: ['gaussian'],
  'gaussian and windows': ['gaussian', ...ofKind('window')],
} as const satisfies Record<string, readonly string[]>
type Variant = keyof typeof variants

export const drift = new Command('drift')
  .description('What the default window statistics and near3 cost: rates of the whole pipeline with and without them')
  .option('--repetitions <n>', 'how often each reads each topic; medians count', wholeNumber(1), 3)
  .action(({ repetitions }: { readonly repetitions: number }) =>
    withKafka(async (bench) => {
      const rows: string[][] = []
      const metrics: string[] = []
      for (const workload of workloads) {
        const rates = await ratesOf(bench, workload, repetitions)
        const whole = ratios(rates.all, rates.records)
        const cheap = ratios(rates['gaussian and windows'], rates.gaussian)
        rows.push([
          `${workload.d}`,
          ...Object.values(rates).map((of) => spread(of, (rate) => Math.round(rate).toLocaleString('en-GB'))),
          median(whole).toFixed(2),
          median(cheap).toFixed(2),
        ])
        metrics.push(
          metric(`drift_${workload.d}_ratio`, median(whole)),
          metric(`drift_gaussian_${workload.d}_ratio`, median(cheap)),
          metric(`near3_${workload.d}_records_per_second`, median(rates.records)),
        )
      }
      process.stdout.write(
        `Records per second through the whole pipeline (driver columnar, one scoring thread): median (least – most)\n${table([
          ['d', ...Object.values(variants).map((names) => names.join(', ')), 'windows: all / records', 'gaussian with / without'],
          ...rows,
        ])}\n${machineLine()}\n\n${metrics.join('\n')}\n`,
      )
    }),
  )

async function ratesOf(bench: Bench, { d, records }: (typeof workloads)[number], repetitions: number): Promise<Record<Variant, number[]>> {
  const workload = { d, encoding: 'float32' } as const
  const topic = await fillTopic(bench.client, workload, records)
  const { brokers } = bench.kafka
  const sinks = [{ kafka: { brokers, topic: await bench.client.topic('alerts') } }]
  const measure = async (variant: Variant) => {
    const folder = join(bench.folder, `${d}-${variant}`)
    await mkdir(folder)
    const setup = { brokers, topic: topic.name, workload, folder, sinks, detectors: variants[variant], source: { driver: 'columnar' } }
    await fitMonitor(await writeMonitor(setup), topic.partitions)
    return async () => (await measurePipeline(await writeMonitor(setup), topic)).recordsPerSecond
  }
  return alternate(repetitions, {
    records: await measure('records'),
    all: await measure('all'),
    gaussian: await measure('gaussian'),
    'gaussian and windows': await measure('gaussian and windows'),
  })
}
