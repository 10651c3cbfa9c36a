import { progress } from '../../cli/terminal.js'
import { inChunks } from '../../connectors/kafka/messages.js'
import type { KafkaTestClient } from '../../tests/kit/kafka.js'
import { labelOf, valuesOf, type Workload } from './workload.js'

/** A topic full of records. */
export interface FilledTopic {
  readonly name: string
  readonly partitions: number
  readonly records: number
}

export interface FillOptions {
  readonly partitions?: number
  /** So many keys, each always on the same partition; default: no keys. */
  readonly streams?: number
}

/** Makes a topic with so many records of the workload, spread evenly over its partitions, none of which begins with another's rows. */
export async function fillTopic(
  client: KafkaTestClient,
  workload: Workload,
  records: number,
  { partitions = 2, streams }: FillOptions = {},
): Promise<FilledTopic> {
  const name = await client.topic('bench', partitions)
  const values = valuesOf(workload)
  const bar = progress(`producing ${labelOf(workload)}`, records)
  let sent = 0
  const messages = function* (partition: number) {
    const first = Math.floor((partition * values.length) / partitions)
    const count = Math.floor(records / partitions) + Number(partition < records % partitions)
    for (let i = 0; i < count; i++) {
      const key = streams === undefined ? null : `stream-${(i * partitions + partition) % streams}`
      yield { partition, key, value: values[(first + i) % values.length] }
    }
  }
  const fill = async (partition: number) => {
    for (const chunk of inChunks(messages(partition))) {
      await client.produce(name, chunk)
      sent += chunk.length
      bar.update(sent)
    }
  }
  await Promise.all(Array.from({ length: partitions }, (_, partition) => fill(partition)))
  bar.end()
  return { name, partitions, records }
}
