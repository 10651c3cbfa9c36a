import { type BudgetState, noBudgetState } from '../alerts/budget-watch.js'
import { noRejects, type RejectState } from '../alerts/feed.js'
import type { Levels } from '../alerts/levels.js'
import type { AlertState, SeenRecord } from '../alerts/lifecycle.js'
import type { AlertKind } from '../alerts/severity.js'
import { newStreamAlarm, type StreamAlarm } from '../calibration/alarm.js'
import { SlowMean } from '../calibration/detrend.js'
import { type Adaptation, type AdaptationFinding, SlowCopy } from '../calibration/slow-copy.js'
import type { Lease } from '../connectors/source.js'
import type { StreamSnapshot } from '../connectors/store.js'
import type { PastOptions } from '../detectors/past/past.js'
import { openWindow, type StreamWindow } from '../detectors/stream-window.js'
import { TimeBlocks, type TimeBlocksState } from '../detectors/time-blocks.js'
import type { WindowShape } from '../detectors/window-shape.js'
import { CHART_NUMBERS } from './charts.js'
import { type Clock, newClock } from './clock.js'
import type { Ledger } from './ledger.js'
import { PastStream } from './past-stream.js'
import type { Place } from './scratch.js'
import type { Vitals } from './vitals.js'

/**
 * Everything known of one stream: a deterministic fold over the stream's own records in offset order.
 * `folded` reflects the records that went through the whole pipeline; `ahead` is what the stages before scoring need,
 * and reflects records that are still being scored.
 */
export interface StreamState {
  readonly name: string
  readonly ahead: {
    /** Records decoded so far. */
    count: number
    /** Offset of the last record decoded, or -1, and the partition's clock at it. */
    offset: number
    clock: number
    /** What rows are mapped by before they are scored, where the reference asks for it. */
    readonly trend: SlowMean | SlowCopy | undefined
    /** The last row as it was scored, where a detector compares the next one with it. */
    last?: Float64Array | undefined
    /** Where windows are by time. */
    readonly blocks?: TimeBlocks | undefined
  }
  readonly folded: Folded
  /** Wall-clock ms of the last record (or since when others could come): only to notice silence; not part of the fold. */
  seen: number
  /** Whether another record came since the stream was last looked at for eviction. */
  used: boolean
}

/** The open alerts, at most one of a kind. */
export type Alerts = { [kind in AlertKind]?: AlertState }

export interface Folded {
  count: number
  offset: number
  /** The partition's clock at the last record. */
  clock: number
  /** Data time: the latest event time so far, ms. */
  time: number
  /** The state of `ahead.trend` after the last folded record. */
  trend: Float64Array | undefined
  /** The last folded row, where a detector compares the next one with it. */
  last?: Float64Array | undefined
  /** How far the slow copy was at its last step. */
  adapted: AdaptationFinding | undefined
  readonly window: StreamWindow
  /** The state of `ahead.blocks` after the last folded record. */
  blocks?: TimeBlocksState | undefined
  /** Per chart what is kept of it (CHART_NUMBERS). */
  readonly charts: Float64Array
  /** What the stream has been so far, where there is no reference. */
  readonly past: PastStream | undefined
  readonly alarm: StreamAlarm & { theta: number }
  readonly alerts: Alerts
  /** The highest-scoring record since the last window evaluation: a candidate for what a drift alert shows. */
  strongest: SeenRecord | undefined
  /** How unusual its records were of late; only where deploys are declared. */
  levels?: Levels | undefined
}

/** What memory holds of a stream whose state is packed in the scratch file: its place, and what is to be known without it. */
export interface Evicted extends Place {
  readonly offset: number
  readonly clock: number
  readonly vitals: Vitals
  seen: number
}

/** A partition that this process owns, from its assignment to its end. */
export interface Partition {
  readonly lease: Lease
  readonly ledger: Ledger
  /** The streams whose state is on the heap; those of the others are packed. */
  readonly streams: Map<string, StreamState>
  readonly evicted: Map<string, Evicted>
  /** Records before this offset were delivered by an earlier run: they are folded again, in silence. */
  readonly silentUntil: number
  /** Of the partition as a whole: the share of records that cannot be used, and whether the budget is held. */
  feed: Feed
  /** The offset after the last record that is folded into the streams' states. */
  end: number
  /** Records that the log held after the last batch, as last seen. */
  unread: number
  /** How far the clock is by the records that are folded, and by those that are decoded. */
  clock: Clock
  /** The clock at the offset of the last checkpoint that was begun. */
  marked: Clock
  readonly ahead: { time: number | undefined }
  /** The clock's time at the last look for streams to forget. */
  swept: number
  /** Names of the streams that changed since the last checkpoint was begun, the offset at which it was, and its wall-clock ms. */
  readonly changed: Set<string>
  saved: number
  lastCheckpoint: number
  /** Whether alert events came since then. */
  told: boolean
  /** The checkpoint in the making, if there is one. */
  draft: Draft | undefined
}

/** A checkpoint in the making, of everything before `offset`. */
export interface Draft {
  readonly offset: number
  readonly clock: Clock
  /** The clock at the checkpoint before. */
  readonly before: Clock
  /** Names of the streams that are still to be copied. */
  readonly left: string[]
  readonly streams: Map<string, StreamSnapshot>
  readonly forgotten: readonly string[]
}

/** What is known of a partition as a whole: a fold over all its records, whatever their streams already reflect. */
export interface Feed {
  /** Offset of the last record that is counted, or -1. */
  readonly offset: number
  readonly rejects: RejectState
  readonly budget: BudgetState
  readonly alerts: Alerts
  /** Offsets of the records that opened alerts, rising; only where they lower the bar. */
  readonly found?: readonly number[]
}

export const newFeed = (): Feed => ({ offset: -1, rejects: noRejects, budget: noBudgetState, alerts: {} })

/** What the shape of a stream's state depends on. */
export interface StreamShape {
  readonly d: number
  /** Statistics of a row that windows sum up. */
  readonly width: number
  readonly window: WindowShape
  /** Charts over the windows. */
  readonly charts?: number
  /** Rate of the slow mean, 0 = none. */
  readonly detrend: number
  /** Of the slow copy that rows are mapped by instead. */
  readonly adaptation?: Adaptation | undefined
  /** Whether records may lack features: the slow mean of one that a stream has not had yet is NaN. */
  readonly mayMiss?: boolean
  /** Where there is no reference: how each feature is watched by its own past. */
  readonly past?: PastOptions
}

export function newStream(name: string, shape: StreamShape, seen: number): StreamState {
  return {
    name,
    ahead: { count: 0, offset: -1, clock: 0, trend: trendOf(shape), blocks: blocksOf(shape) },
    folded: {
      count: 0,
      offset: -1,
      clock: 0,
      time: 0,
      trend: undefined,
      adapted: undefined,
      window: openWindow(shape.window, shape.width),
      charts: new Float64Array(chartNumbers(shape)),
      past: shape.past && new PastStream(shape.d, shape.past),
      alarm: newStreamAlarm(),
      alerts: {},
      strongest: undefined,
    },
    seen,
    used: false,
  }
}

export const chartNumbers = ({ charts = 0 }: StreamShape): number => charts * CHART_NUMBERS

/** Where windows are by time. @param state what its `state()` gave earlier */
export const blocksOf = ({ window }: StreamShape, state?: TimeBlocksState): TimeBlocks | undefined =>
  window.by === 'time' ? new TimeBlocks(window, state) : undefined

/** @param state what its `state()` gave earlier */
export function trendOf({ d, detrend, adaptation }: StreamShape, state?: Float64Array): SlowMean | SlowCopy | undefined {
  if (adaptation !== undefined) return new SlowCopy(adaptation, state)
  return detrend === 0 ? undefined : new SlowMean(d, detrend, state)
}

/** Length of its state. */
export const trendNumbers = ({ d, adaptation }: StreamShape): number => (adaptation === undefined ? d : SlowCopy.numbers(d))

export function newPartition(lease: Lease, ledger: Ledger, silentUntil: number, now: number, clock = newClock): Partition {
  return {
    lease,
    ledger,
    streams: new Map(),
    evicted: new Map(),
    silentUntil,
    feed: newFeed(),
    end: ledger.position,
    unread: 0,
    clock,
    marked: clock,
    ahead: { time: clock.time },
    swept: Number.NEGATIVE_INFINITY,
    changed: new Set(),
    saved: ledger.position,
    lastCheckpoint: now,
    told: false,
    draft: undefined,
  }
}
