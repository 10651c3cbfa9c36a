import { EventEmitter, once } from 'node:events'
import { progress, table } from '../../cli/terminal.js'
import { inChunks } from '../../connectors/kafka/messages.js'
import { median, metric } from '../figures.js'
import { machineLine } from '../kit/machine.js'
import { startPipeline } from '../kit/measure.js'
import { fitMonitor, writeMonitor } from '../kit/monitor.js'
import type { Bench } from '../kit/with-kafka.js'
import { valuesOf, type Workload } from '../kit/workload.js'

const workload: Workload = { d: 64, encoding: 'float32' }
/** Records that wait in the topic, so that the pipeline never waits for them. */
const AHEAD = 600_000
const WARM_UP = 200_000

interface Sample {
  readonly minute: number
  readonly rssMb: number
}

/** Keeps the pipeline at full load for minutes, its topic being written while it is read; memory must stay flat. */
export async function soak({ kafka: { brokers }, client, folder }: Bench, minutes: number): Promise<void> {
  const topic = await client.topic('soak', 1, { 'segment.bytes': String(64 * 1024 * 1024) })
  const messages = valuesOf(workload).map((value) => ({ partition: 0, value }))
  let sent = 0
  const produce = async () => {
    for (const chunk of inChunks(messages)) await client.produce(topic, chunk)
    sent += messages.length
  }
  await produce()
  const config = await writeMonitor({
    brokers,
    topic,
    workload,
    folder,
    sinks: [{ kafka: { brokers, topic: await client.topic('alerts') } }],
  })
  await fitMonitor(config, 1)

  const samples: Sample[] = []
  const begun = performance.now()
  const minute = () => (performance.now() - begun) / 60_000
  const moved = new EventEmitter()
  let read = 0
  const bar = progress('soaking', 60 * minutes)
  const pipeline = startPipeline(config, Number.POSITIVE_INFINITY, WARM_UP, {
    progress: (records, rssMb) => {
      read = records
      samples.push({ minute: minute(), rssMb })
      bar.update(Math.round(60 * minute()), `seconds, ${Math.round(rssMb)} MB`)
      moved.emit('moved')
    },
  })
  for (let deleted = 0; minute() < minutes; ) {
    if (sent - read < AHEAD) await produce()
    else await Promise.race([once(moved, 'moved'), pipeline.consumption])
    // Bounds the disk that this takes.
    if (read - deleted > 10 * AHEAD) {
      deleted = read - AHEAD
      await client.deleteBefore(topic, 0, deleted)
    }
  }
  pipeline.end()
  const consumption = await pipeline.consumption
  bar.end()
  process.stdout.write(`${minuteTable(samples)}\n${machineLine()}\n\n`)
  const growth = rssIn(samples, 0.8 * minutes, minutes) - rssIn(samples, 0.2 * minutes, 0.4 * minutes)
  process.stdout.write(
    `${[
      metric('soak_records_per_second', consumption.recordsPerSecond),
      metric('soak_rss_mb', consumption.rssMb),
      metric('soak_rss_growth_mb', growth),
      metric('soak_event_loop_p99_ms', consumption.eventLoopP99Ms),
    ].join('\n')}\n`,
  )
}

const rssIn = (samples: readonly Sample[], from: number, to: number): number =>
  median(samples.filter(({ minute }) => minute >= from && minute < to).map(({ rssMb }) => rssMb))

function minuteTable(samples: readonly Sample[]): string {
  const minutes = Math.ceil(samples.at(-1)?.minute ?? 0)
  return table([['minute', 'RSS in MB'], ...Array.from({ length: minutes }, (_, i) => [i + 1, Math.round(rssIn(samples, i, i + 1))])])
}
