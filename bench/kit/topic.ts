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

/** Makes a topic with so many records of the workload, spread evenly over its partitions, none of which begins with another's rows. */
export async function fillTopic(client: KafkaTestClient, workload: Workload, records: number, partitions = 2): Promise<FilledTopic> {
  const name = await client.topic('bench', partitions)
  const values = valuesOf(workload)
  const bar = progress(`producing ${labelOf(workload)}`, records)
  let sent = 0
  const fill = async (partition: number) => {
    const first = Math.floor((partition * values.length) / partitions)
    const count = Math.floor(records / partitions) + Number(partition < records % partitions)
    for (const chunk of inChunks(messagesOf(values, partition, first, count))) {
      await client.produce(name, chunk)
      sent += chunk.length
      bar.update(sent)
    }
  }
  await Promise.all(Array.from({ length: partitions }, (_, partition) => fill(partition)))
  bar.end()
  return { name, partitions, records }
}

/** The values over and over, beginning with the given one. */
function* messagesOf(values: readonly Buffer[], partition: number, first: number, count: number) {
  for (let i = 0; i < count; i++) yield { partition, value: values[(first + i) % values.length] }
}
