import { z } from 'zod'
import { severityReasons } from '../alerts/grade.js'
import { BLOCKS, type Levels } from '../alerts/levels.js'
import { causes, type SeenRecord } from '../alerts/lifecycle.js'
import { severities } from '../alerts/severity.js'
import type { StreamAlarm } from '../calibration/alarm.js'
import { budgetFindings } from '../calibration/budget-watch.js'
import type { AdaptationFinding } from '../calibration/slow-copy.js'
import type { TimeBlocksState } from '../detectors/time-blocks.js'
import { type StoredPast, storedPast } from './past-state.js'
import type { Alerts, Feed } from './streams.js'
import { type StoredVersions, storedVersions } from './versions.js'

/** The JSON in a snapshot. It comes from a topic or a file that others may have written: its shape is checked, then trusted. */

const count = z.int().min(0)
const levels = z.number().min(0)
const offset = z.int().min(-1)
/** What a date can hold. */
const time = z.number().min(-8.64e15).max(8.64e15)

const position = { offset, time }
const seenRecord = z.strictObject({ ...position, score: z.number(), decades: z.number().exactOptional(), id: z.string().exactOptional() })

const alert = z.strictObject({
  id: z.string(),
  cause: z.enum(causes),
  severity: z.enum(severities),
  severityReason: z.enum(severityReasons),
  steps: z.strictObject({ rarity: levels, effect: levels, persistence: levels, detectors: levels }),
  peak: z.enum(severities),
  opened: z.strictObject(position),
  sequence: count,
  lastEvent: time,
  below: count,
  detectors: z.array(z.string()),
  worst: z.array(seenRecord),
})
const open = alert.exactOptional()
const alerts = z.strictObject({ record: open, drift: open, feed: open, calibration: open, adaptation: open })

const kindAlarm = z.strictObject({
  recent: z.array(z.number()),
  open: z.boolean(),
  age: count,
  quiet: count,
  settling: z.number(),
  peak: z.number(),
  level: z.number(),
  history: count,
})

const blocks = z.array(z.number()).max(BLOCKS)
const levelsOf = z.strictObject({
  time,
  open: z.strictObject({ since: time, count, sum: z.number() }),
  recent: blocks,
  deploy: z.strictObject({ at: time, before: blocks, after: blocks }).exactOptional(),
})

/** What precedes the numbers of a stream's window, slow mean or copy, last row, charts and own past. */
export interface StreamHeader {
  readonly reference: string
  readonly count: number
  readonly clock: number
  readonly time: number
  readonly alarm: StreamAlarm & { theta: number }
  readonly alerts: Alerts
  readonly strongest?: SeenRecord
  readonly levels?: Levels
  readonly window:
    | { readonly closed: number; readonly open: number }
    | { readonly blocks: readonly number[]; readonly counts: readonly number[] }
  /** Where windows are by time. */
  readonly blocks?: TimeBlocksState
  readonly trend: boolean
  readonly last?: boolean
  readonly adapted?: AdaptationFinding
  readonly past?: StoredPast
}

export const streamHeader: z.ZodType<StreamHeader> = z.strictObject({
  reference: z.string(),
  count,
  clock: time,
  time,
  alarm: z.strictObject({ record: kindAlarm, drift: kindAlarm, theta: z.number() }),
  alerts,
  strongest: seenRecord.exactOptional(),
  levels: levelsOf.exactOptional(),
  window: z.union([
    z.strictObject({ closed: count, open: count }),
    z.strictObject({ blocks: z.array(z.int()), counts: z.array(z.int().min(1)) }),
  ]),
  blocks: z.strictObject({ newest: z.int(), held: z.number().min(0), late: count }).exactOptional(),
  trend: z.boolean(),
  last: z.boolean().exactOptional(),
  adapted: z.strictObject({ version: count, heldOut: count, distance: z.number().min(0) }).exactOptional(),
  past: storedPast.exactOptional(),
})

const counts = z.record(z.string(), count)
const budgetBlock = z.strictObject({ alerts: count, open: count, pegged: count })

/** JSON leaves out a time that is not known. */
interface StoredClock {
  readonly offset: number
  readonly time?: number | undefined
}

/** What belongs to a partition as a whole. */
export type PartitionHeader = Feed & {
  readonly clock: StoredClock
  readonly before: StoredClock
  /** By the names of sinks what they have noted of open alerts. */
  readonly notes?: Readonly<Record<string, string>>
  readonly versions?: StoredVersions
}

const clock = z.strictObject({ offset: count, time: time.optional() })

export const partitionHeader: z.ZodType<PartitionHeader> = z.strictObject({
  offset,
  rejects: z.strictObject({ filled: count, counts, full: z.array(counts), high: z.boolean(), time }),
  budget: z.strictObject({
    version: z.string(),
    allowed: z.number(),
    filled: count,
    counts: budgetBlock,
    full: z.array(budgetBlock),
    trouble: z.strictObject({ finding: z.enum(budgetFindings), age: count }).exactOptional(),
    time,
  }),
  alerts,
  found: z.array(count).exactOptional(),
  clock,
  before: clock,
  notes: z.record(z.string(), z.string()).exactOptional(),
  versions: storedVersions.exactOptional(),
})
