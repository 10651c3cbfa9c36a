import { z } from 'zod'
import type { PagerComponent, SinkComponent } from '../connectors/component.js'
import { routeSchema } from '../connectors/paging/route.js'
import { groupingSchema } from '../connectors/paging/storms.js'
import { type Policies, policies } from '../connectors/policies/policies.js'
import { pagers, sinks } from '../connectors/registry.js'
import { type Choice, choiceShape, chosen } from './choice.js'

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
  route: routeSchema.prefault({}).describe('Which alerts it is told of. See docs/paging.md.'),
  grouping: groupingSchema
    .optional()
    .describe(`How alerts that come together become one page; only of what calls people (${pagers.map(({ type }) => type).join(', ')}).`),
  ...policies.shape,
})

/** What every sink has, whether it takes alerts or calls people. */
type Common = Pick<z.output<typeof sinkOptions>, 'required' | 'route'> & { readonly name: string; readonly policies: Policies }

/** One sink of a monitor with everything resolved: what takes every alert by itself, or what calls people, in groups. */
export type SinkConfig =
  | (Common & { readonly sink: Choice<SinkComponent>; readonly pager?: undefined })
  | (Common & { readonly pager: Choice<PagerComponent>; readonly sink?: undefined; readonly grouping: z.output<typeof groupingSchema> })

/** A sink: one key that names its type with its options, and beside it how it is written to. */
export const sinkSchema = z
  .strictObject({ ...choiceShape([...sinks, ...pagers]), ...sinkOptions.shape })
  .transform((entry, context): SinkConfig => {
    const { type } = chosen([...sinks, ...pagers], entry, context)
    const { name = type, required, route, grouping, retry, concurrency, breaker } = entry
    const common = { name, required, route, policies: { retry, concurrency, breaker } }
    if (pagers.some((pager) => pager.type === type))
      return { ...common, pager: chosen(pagers, entry, context), grouping: grouping ?? groupingSchema.parse({}) }
    if (grouping !== undefined)
      context.addIssue({ code: 'custom', path: ['grouping'], message: `${type} takes every alert by itself; leave it out` })
    return { ...common, sink: chosen(sinks, entry, context) }
  })
