import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fitMonitor, writeMonitor } from '../kit/monitor.js'
import { fillTopic } from '../kit/topic.js'
import type { Bench } from '../kit/with-kafka.js'
import { labelOf, type Workload } from '../kit/workload.js'
import { type Reader, type Reading, readersOf } from './readers.js'

/** One reader's repetitions. */
export interface Contestant {
  readonly reader: Reader
  readonly readings: readonly Reading[]
}

export interface ContestOptions {
  readonly repetitions: number
  readonly records: number
  readonly profile?: string | undefined
}

/** All readers read one topic of the workload, taking turns, so that what else the machine does meets them alike. The raw consumer comes first. */
export async function contest(bench: Bench, workload: Workload, options: ContestOptions): Promise<Contestant[]> {
  const folder = join(bench.folder, `${workload.d}-${workload.encoding}`)
  await mkdir(folder)
  const topic = await fillTopic(bench.client, workload, options.records)
  const { brokers } = bench.kafka
  const sinks = [{ kafka: { brokers, topic: await bench.client.topic('alerts') } }]
  const setup = { brokers, topic: topic.name, workload, folder, sinks }
  await fitMonitor(await writeMonitor(setup), topic.partitions)
  const contestants = readersOf(bench, topic, setup, options.profile).map((reader) => ({ reader, readings: [] as Reading[] }))
  for (let i = 0; i < options.repetitions; i++) {
    for (const { reader, readings } of contestants) {
      const reading = await reader.read()
      readings.push(reading)
      const rate = Math.round(reading.recordsPerSecond).toLocaleString('en-GB')
      process.stderr.write(`${labelOf(workload)}  ${i + 1}/${options.repetitions}  ${reader.name}  ${rate} records/s\n`)
    }
  }
  return contestants
}
