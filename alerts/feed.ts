import type { AlarmOutcome } from '../calibration/alarm.js'
import type { FeedEvidence } from './event.js'
import { feedGrade } from './grade.js'
import type { Observation, Position } from './lifecycle.js'

/** When the share of records that could not be used counts as trouble. */
export interface RejectPolicy {
  /** Records per block; the share is looked at whenever a block is full. */
  readonly block: number
  /** Blocks that the share is taken over. */
  readonly blocks: number
  /** The alert opens at this share and ends at `normal` or below. */
  readonly high: number
  readonly normal: number
  /** At this share it is an error instead of a warning. */
  readonly severe: number
}

export type RejectCounts = Readonly<Record<string, number>>

/** Of one partition. Plain JSON, bounded by the policy. */
export interface RejectState {
  /** Records in the block that is being filled, and those of them that were rejected, by reason. */
  readonly filled: number
  readonly counts: RejectCounts
  /** The last full blocks' rejected records by reason, oldest first. */
  readonly full: readonly RejectCounts[]
  readonly high: boolean
  /** Latest event time of a used record, ms. */
  readonly time: number
}

export const noRejects: RejectState = { filled: 0, counts: {}, full: [], high: false, time: 0 }

/** Why deleted records could not be used. They make a block of their own, of just so many records. */
const DELETED = 'deleted_unread'

/** The year 10000, which has no form in RFC 3339. */
const END_OF_TIME = Date.UTC(10_000, 0)

/** Records of one partition in offset order, used and unused ones apart (a pipeline's batch has this shape). */
export interface Arrivals {
  readonly n: number
  /** Records that were deleted before they could be read, directly before these. */
  readonly lost: number
  readonly offsets: Float64Array
  readonly times: Float64Array
  readonly rejected: readonly { readonly origin: { readonly offset: number }; readonly reason: string; readonly timestamp: number }[]
}

export interface FeedFinding {
  readonly observation: Observation
  readonly evidence: FeedEvidence
}

/**
 * Counts a partition's records into blocks and returns what is worth an alert's attention, in order.
 * Blocks are counted in records, so how the input was cut into batches makes no difference.
 */
export function countRejects(
  state: RejectState,
  arrivals: Arrivals,
  policy: RejectPolicy,
): { state: RejectState; findings: FeedFinding[] } {
  const findings: FeedFinding[] = []
  const { n, offsets, times, rejected, lost } = arrivals
  let { filled, counts, full, high, time } = state
  let used = 0
  let unused = 0
  const close = (block: RejectCounts, at: Position) => {
    full = [...full, block].slice(-policy.blocks)
    const { outcome, ...finding } = judge(full, high, policy, at)
    high = outcome === 'opened' || outcome === 'sustained' || outcome === 'waiting'
    if (outcome !== 'quiet') findings.push(finding)
  }
  while (used < n || unused < rejected.length) {
    const refusal =
      unused < rejected.length && (used === n || rejected[unused].origin.offset < offsets[used]) ? rejected[unused++] : undefined
    const offset = refusal === undefined ? offsets[used] : refusal.origin.offset
    if (refusal === undefined) time = Math.max(time, times[used++])
    else counts = { ...counts, [refusal.reason]: (counts[refusal.reason] ?? 0) + 1 }
    const first = lost > 0 && used + unused === 1
    if (++filled < policy.block && !first) continue
    const at = { offset, time: refusal === undefined ? time : timeOf(refusal, time) }
    if (first) close({ [DELETED]: lost }, at)
    if (filled < policy.block) continue
    close(counts, at)
    filled = 0
    counts = {}
  }
  return { state: { filled, counts, full, high, time }, findings }
}

/** A rejected record's time was not checked: it may tell that time went on, but it is not remembered. */
const timeOf = ({ timestamp }: Arrivals['rejected'][number], time: number): number =>
  timestamp > time && timestamp < END_OF_TIME ? timestamp : time

function judge(full: readonly RejectCounts[], high: boolean, policy: RejectPolicy, at: Position): FeedFinding & { outcome: AlarmOutcome } {
  const reasons = ranked(full)
  const records = full.reduce((sum, counts) => sum + (counts[DELETED] ?? policy.block), 0)
  const rejectedShare = reasons.reduce((sum, { count }) => sum + count, 0) / records
  const lost = full.some((counts) => DELETED in counts)
  const outcome = outcomeOf(lost ? 1 : rejectedShare, high, policy)
  const grade = feedGrade(lost || rejectedShare >= policy.severe ? 'error' : 'warning')
  return {
    outcome,
    observation: { cause: 'rejects_high', outcome, grade, at, detectors: [], records: [] },
    evidence: { trouble: 'rejects_high', rejectedShare, records, reasons },
  }
}

function outcomeOf(share: number, high: boolean, policy: RejectPolicy): AlarmOutcome {
  if (share >= policy.high) return high ? 'sustained' : 'opened'
  if (!high) return 'quiet'
  return share <= policy.normal ? 'cleared' : 'waiting'
}

function ranked(full: readonly RejectCounts[]): { reason: string; count: number }[] {
  const totals = new Map<string, number>()
  for (const counts of full) for (const [reason, count] of Object.entries(counts)) totals.set(reason, (totals.get(reason) ?? 0) + count)
  return [...totals]
    .map(([reason, count]) => ({ reason, count }))
    .sort((one, other) => other.count - one.count || (one.reason < other.reason ? -1 : 1))
}

const silence = (outcome: AlarmOutcome, at: Position): Observation => ({
  cause: 'data_missing',
  outcome,
  grade: feedGrade('error'),
  at,
  detectors: [],
  records: [],
})

/**
 * A stream fell silent; whether it did is the one thing that only the wall clock can tell, so the caller does.
 * The alert stands at the stream's last record: after a restart it is the same alert, byte for byte.
 */
export const dataMissing = (last: Position): Observation => silence('opened', last)

/** The first record after the silence. */
export const dataReturned = (first: Position): Observation => silence('cleared', first)
