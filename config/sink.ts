import { z } from 'zod'
import { policies } from '../connectors/policies/policies.js'
import { sinks } from '../connectors/registry.js'
import { choiceShape, chosen } from './choice.js'

/** How a sink is written to, whatever its type. */
export const sinkOptions = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9_-]{1,63}$/, { error: 'expected 1 to 63 characters of a-z, 0-9, _ and -' })
    .optional()
    .describe('Name in logs and metrics. Default: the type.')
    .meta({ examples: ['on-call'] }),
  required: z
    .boolean()
    .default(true)
    .describe('A record is finished only when every required sink has accepted its alerts. Other sinks may miss some.'),
  ...policies.shape,
})

/** A sink: one key that names its type with its options, and beside it how it is written to. */
export const sinkSchema = z.strictObject({ ...choiceShape(sinks), ...sinkOptions.shape }).transform((entry, context) => {
  const { name, required, retry, concurrency, breaker } = entry
  const sink = chosen(sinks, entry, context)
  return { name: name ?? sink.type, required, policies: { retry, concurrency, breaker }, sink }
})

/** One sink of a monitor with everything resolved. */
export type SinkConfig = z.output<typeof sinkSchema>
