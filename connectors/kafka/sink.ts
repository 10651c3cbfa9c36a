import type { Message } from 'kafkajs'
import type { AlertEvent } from '../../alerts/event.js'
import type { SinkComponent } from '../component.js'
import { topicSink, topicSinkSchema } from './topic-sink.js'

const schema = topicSinkSchema('alerts')

/** CloudEvents Kafka protocol binding 1.0.2, section 3.3. */
const headers = { 'content-type': 'application/cloudevents+json; charset=UTF-8' }

export const eventMessage = (event: AlertEvent): Message => ({ key: event.data.dedupKey, value: JSON.stringify(event), headers })

/** Writes each alert event as a CloudEvents 1.0 message in structured mode (JSON), keyed by its dedup key. */
export const kafkaSink: SinkComponent<typeof schema> = {
  type: 'kafka',
  title: 'A Kafka topic, one CloudEvents message per alert event',
  schema,
  create: (options, { logger }) => topicSink<AlertEvent>(options, logger, (event, writer) => writer.send([eventMessage(event)])),
}
