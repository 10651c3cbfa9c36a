import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { fetchFields } from '../../connectors/kafka/fetch.js'
import { Meter, report } from './meter.js'

/* A plain kafkajs consumer that does nothing, or JSON.parse: `node raw-process.js BROKERS TOPIC ENCODING RECORDS WARM_UP`. It fetches as much at once as `run`. */
const [brokers, topic, encoding, records, warmUp] = process.argv.slice(2)
const meter = new Meter(Number(records), Number(warmUp))
const consumer = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING }).consumer({
  groupId: `raw-${randomUUID()}`,
  maxBytesPerPartition: fetchFields.maxBytesPerPartition.parse(undefined),
  maxWaitTimeInMs: fetchFields.maxWait.parse(undefined),
})
await consumer.connect()
await consumer.subscribe({ topic, fromBeginning: true })
await consumer.run({
  eachBatch: async ({ batch: { messages } }) => {
    if (encoding === 'json') for (const { value } of messages) JSON.parse(String(value))
    meter.count(messages.length)
  },
})
report({ kind: 'end', consumption: await meter.measured })
await consumer.disconnect()
process.disconnect?.()
