import { z } from 'zod'
import { duration } from '../connectors/options.js'
import { lengthText, type WindowShape } from '../detectors/window-shape.js'
import { obey, type Rule } from './rules.js'

const mostRecords = 1_000_000
/** Beyond it a window by time would take longer to add up than its records to arrive. */
const mostHops = 10_000

/** A number of records, or a duration. */
const length = () =>
  z.union([
    z.int().min(1).max(mostRecords),
    duration()
      .refine((ms) => ms >= 1 && Number.isInteger(ms), { error: 'expected a duration of whole milliseconds, at least 1ms' })
      .transform((ms) => ({ ms })),
  ])
type Length = z.output<ReturnType<typeof length>>

const plain = (value: Length): number => (typeof value === 'number' ? value : value.ms)
const hopOf = ({ size, hop }: { readonly size: Length; readonly hop?: Length | undefined }): Length =>
  hop ?? (typeof size === 'number' ? 16 : { ms: size.ms / 4 })

const lengthSchema = z.union([z.int().min(1), z.object({ ms: z.number() })])
const lengthsSchema = z.object({
  size: lengthSchema,
  hop: lengthSchema.optional(),
  longer: z.array(lengthSchema).optional().catch(undefined),
  least: z.unknown().optional(),
})

/** Lengths are all in records or all durations, whole numbers of hops, and rise. */
const windowLengths: Rule = (window, report) => {
  const { data } = lengthsSchema.safeParse(window)
  if (data === undefined) return
  const by = typeof data.size === 'number' ? undefined : ('time' as const)
  if (by === undefined && data.least !== undefined)
    report(
      ['least'],
      'is for windows by time, those by count hold so many records anyway; leave it out, or make size a duration such as 10m',
    )
  const others = [{ path: ['hop'], value: hopOf(data) }, ...(data.longer ?? []).map((value, i) => ({ path: ['longer', i], value }))]
  const mixed = others.filter(({ value }) => (typeof value === 'number') !== (by === undefined))
  for (const { path } of mixed)
    report(path, by === 'time' ? 'expected a duration such as 2m, as size is one' : 'expected a number of records, as size is one')
  if (mixed.length > 0) return
  const [hop, ...longer] = others.map(({ value }) => plain(value))
  const shown = (length: number) => (by === 'time' ? lengthText({ by }, length) : length)
  const whole = (length: number, path: readonly PropertyKey[]) => {
    const below = Math.max(hop, length - (length % hop))
    if (length % hop !== 0) report(path, `expected a multiple of hop (${shown(hop)}), for example ${shown(below)} or ${shown(below + hop)}`)
    else if (by === 'time' && length > mostHops * hop)
      report(path, `expected at most ${mostHops} hops (${shown(mostHops * hop)}); a longer hop needs less memory and time`)
  }
  if (!Number.isInteger(hop)) return report(['hop'], 'a quarter of size is no whole number of milliseconds; expected a hop, for example 1s')
  whole(plain(data.size), ['size'])
  for (const [i, length] of longer.entries()) {
    const before = longer[i - 1] ?? plain(data.size)
    whole(length, ['longer', i])
    if (length <= before) report(['longer', i], `expected more than ${shown(before)}: longer lengths rise from size on`)
  }
}

export const windowSchema = z
  .strictObject({
    size: length()
      .prefault(64)
      .describe(
        'Length of the shortest window, a multiple of hop: a number of records, or a duration such as `10m` for windows by event time, where the ' +
          'other lengths are durations too.',
      ),
    longer: z
      .array(length())
      .max(8)
      .optional()
      .describe(
        'Lengths of longer windows that are looked at as well, multiples of hop: they see smaller shifts, later. Default: one of four times `size`.',
      )
      .meta({ examples: [[256]] }),
    hop: length()
      .optional()
      .describe(
        'From one evaluation of a window to the next; where it is as long as size, windows do not overlap. Default: 16 records, by time a quarter of `size`.',
      )
      .meta({ examples: [16, '2m'] }),
    least: z
      .int()
      .min(2)
      .max(mostRecords)
      .optional()
      .describe('By time: fewest records that the shortest window must hold to be evaluated. Default: 20.')
      .meta({ examples: [20] }),
  })
  .check(obey(windowLengths))
  .transform((window): WindowShape & { readonly longer: readonly number[] } => {
    const size = plain(window.size)
    const lengths = { size, hop: plain(hopOf(window)), longer: window.longer?.map(plain) ?? [4 * size] }
    return typeof window.size === 'number' ? lengths : { by: 'time', ...lengths, least: window.least ?? 20 }
  })
