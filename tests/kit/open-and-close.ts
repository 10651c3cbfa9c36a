import { pino } from 'pino'
import { kafkaDeadLetters } from '../../connectors/kafka/dead-letters.js'
import { kafka } from '../../connectors/kafka/source.js'
import { kafkaState } from '../../connectors/kafka/state-store.js'

/*
 * A process that uses a source, a dead-letter sink and a state store and closes them; it must then end by itself.
 * Arguments: broker, topic, state topic.
 */
const [broker = '', topic = '', state = ''] = process.argv.slice(2)
const context = { monitor: 'test', logger: pino({ level: 'warn' }) }
const source = kafka.create(kafka.schema.parse({ brokers: [broker], topics: [topic], group: state, start: 'earliest' }), context)
const letters = kafkaDeadLetters.create(kafkaDeadLetters.schema.parse({ brokers: [broker], topic }), context)
const store = kafkaState.create(kafkaState.schema.parse({ brokers: [broker], topic: state, partitions: 1 }), context)
await Promise.all([source.connect(), letters.connect(), store.connect()])
const origin = { topic, partition: 0, offset: 0 }
const letter = { origin, reason: 'empty', detail: 'no value', timestamp: 0, key: null, value: Buffer.from('x') } as const
await letters.write([letter], new AbortController().signal)
for await (const event of source.read()) {
  if (event.kind === 'assigned') event.begin(event.initial)
  if (event.kind !== 'batch') continue
  await store.save({ lease: event.lease, offset: 1, streams: new Map(), forgotten: [] })
  await source.commit([{ lease: event.lease, offset: 1 }])
  break
}
await Promise.all([source.close(), letters.close(), store.close()])
