import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { type ControlComponent, controlFields } from '../control.js'
import { duration } from '../options.js'
import { connectionFields } from './client.js'
import { fetchFields } from './fetch.js'
import { kafkaRange } from './range.js'
import { kafka } from './source.js'

const fields = z.strictObject({
  ...connectionFields,
  topic: z.string().min(1).describe('Topic of control messages; it must exist'),
  ...controlFields,
  lookback: duration()
    .prefault('7d')
    .describe(
      'How far back messages are read at the start: longer than nameFor, than `for` of a rebaseline, and than records may lie unread',
    ),
})

const schema = fields.refine(({ lookback, nameFor }) => lookback >= nameFor, {
  path: ['lookback'],
  error: 'expected at least nameFor: after a restart an event would else not know the deploy that it named',
})

const fetching = z.strictObject(fetchFields).parse({})

/**
 * A topic that every process reads whole. kafkajs reads only as a member of a group, so each reading is a group of its own that
 * has one member and commits nothing: in a shared group every message would reach one process only.
 */
export const kafkaControl: ControlComponent<typeof schema> = {
  type: 'kafka',
  title: 'A Kafka topic that every process reads whole',
  schema,
  create: ({ nameFor: _, lookback, topic, ...connection }, context) => ({
    past: (everything) =>
      kafkaRange.create({ ...connection, ...fetching, topic, from: everything ? 'earliest' : Date.now() - lookback, to: 'now' }, context),
    news: () => {
      const group = `driftwatch-control-${randomUUID()}`
      const manners = { start: 'earliest', sessionTimeout: 30_000, onExpired: 'restart' } as const
      return kafka.create({ ...connection, ...fetching, ...manners, topics: [topic], group }, context)
    },
  }),
}
