import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exitCodes } from '../../../cli/exit.js'
import { unique } from '../../../tests/kit/kafka.js'
import { driftwatch } from '../../../tests/kit/process.js'
import { median } from '../../figures.js'
import { startPipeline } from '../../kit/measure.js'
import type { Bench } from '../../kit/with-kafka.js'
import type { StageOptions } from './stages.js'

const PARTITIONS = 2
/** Pictures of the topic that the reference is fitted to. */
const FITTED = 300
const WARM_UP = 0.1

/** What the whole pipeline did with a topic of pictures. */
export interface Whole {
  readonly perSecond: number
  readonly cpuPerPicture: number
  readonly eventLoopP99Ms: number
  readonly rssMb: number
  /** The median of the last fifth of the readings less that of the second, MB. */
  readonly rssGrowthMb: number
}

/** A topic of pictures, and `driftwatch run` on it from its beginning, in a process of its own. */
export async function pictureTopic(
  { client, kafka: { brokers }, folder }: Bench,
  pictures: readonly Buffer[],
  count: number,
  { provider, batch, threads, workers }: StageOptions,
): Promise<() => Promise<Whole>> {
  const topic = await client.topic('pictures', PARTITIONS)
  for (let from = 0; from < count; from += pictures.length) {
    const some = pictures.slice(0, count - from)
    await client.produce(
      topic,
      some.map((value, i) => ({ partition: i % PARTITIONS, value })),
    )
  }
  const alerts = await client.topic('alerts')
  const configure = async (): Promise<string> => {
    const run = unique('run')
    const monitor = {
      name: 'bench',
      source: { kafka: { brokers, topics: [topic], group: run, start: 'earliest' } },
      decode: { image: {} },
      pictures: { batch, workers },
      execution: { providers: [provider], required: true, threads },
      reference: { path: join(folder, 'reference'), acceptRefused: true },
      alerting: { falseAlarmsPerDay: 1, rowsPerDay: 1_000_000 },
      deadLetters: { file: { path: join(folder, `${run}.dead.ndjson`) } },
      state: { file: { path: join(folder, run) } },
      sinks: [{ kafka: { brokers, topic: alerts } }],
    }
    const path = join(folder, `${run}.yaml`)
    await writeFile(path, JSON.stringify({ metrics: { port: 0 }, log: { format: 'json' }, monitors: [monitor] }))
    return path
  }
  const to = Array.from({ length: PARTITIONS }, (_, partition) => `${partition}:${FITTED / PARTITIONS}`).join(',')
  const { code, stderr } = await driftwatch(['fit', '--config', await configure(), '--to', to])
  if (code !== exitCodes.ok.code && !stderr.includes('self-test')) throw new Error(`driftwatch fit ended with ${code}: ${stderr}`)
  return async () => {
    const memory: number[] = []
    const progress = (records: number, rssMb: number) => void (records > WARM_UP * count && memory.push(rssMb))
    const { recordsPerSecond, cpuSeconds, records, eventLoopP99Ms, rssMb } = await startPipeline(
      await configure(),
      count,
      WARM_UP * count,
      {
        progress,
      },
    ).consumption
    const fifth = (from: number) => median(memory.slice((from * memory.length) / 5, ((from + 1) * memory.length) / 5))
    const rssGrowthMb = fifth(4) - fifth(1)
    return { perSecond: recordsPerSecond, cpuPerPicture: cpuSeconds / records, eventLoopP99Ms, rssMb, rssGrowthMb }
  }
}
