import { rateInterval } from '../calibration/count-interval.js'
import { concatenated, quantile, sorted } from '../calibration/order-statistics.js'
import type { MatMul } from '../detectors/matmul.js'
import { atLeast, atMost, blocksOf, type Estimate, estimateOf } from '../references/block-estimate.js'
import type { HeldOut } from '../references/held-out.js'
import type { Reference } from '../references/reference.js'
import type { StreamRange } from '../references/rows.js'
import { type Along, type StreamShape, streamShape } from '../references/stream-shape.js'
import { inOrder, type Judged, judgeBy, wholeStreams } from './null-run.js'

/** Which reference serves a stream better; `later`: its own, once it has the rows. Untold: too few rows to tell. */
export const servers = ['pooled', 'own', 'later', 'untold'] as const
export type Server = (typeof servers)[number]

/** How a reference fitted to several streams serves one of them, by scores of fits that have not seen the scored rows. */
export interface StreamService {
  readonly stream: string
  readonly rows: number
  /** Rows that a reference of its own needs for the stream's share of the budget (K = 8), and 10 per feature. */
  readonly rowsNeeded: number
  readonly better: Server
  /** What speaks for a reference of its own: first how it lies in the pool, then what comes of it. */
  readonly reasons: readonly Reason[]
  /** Undefined where there are too few rows to tell. */
  readonly figures: StreamFigures | undefined
}

export interface StreamFigures extends StreamShape {
  /** Share of its evaluations among the rarest 5 % of all, over 5 %. */
  readonly excess: Estimate
  /** Alerts that it opens at the bar of all, its share of those of all by its rows, and the 90 % interval of its true number. */
  readonly alerts: number
  readonly share: number
  readonly likely: readonly [number, number]
}

/** Off the pool's centre; narrower than it; too many or too few evaluations among the rarest, or alerts. */
export type Reason =
  | { readonly kind: 'shift' | 'spread'; readonly weight: number; readonly value: number; readonly feature: string }
  | { readonly kind: 'excess' | 'alerts'; readonly weight: number; readonly value: number }

/** As the halves of a reference must agree (calibration/self-test.ts), its streams must. */
const MOST_SHIFT = 0.3
const EXCESS = [0.5, 1.6] as const
/** Below it a shift must be 1.4 times as large to show as it would have to be for the stream's own reference. */
const LEAST_SPREAD = 0.7
/** Alerts over the stream's share. */
const ALERTS = [0.5, 2] as const
const LEAST_SHARE = 1

const RARE = 0.05
const RELIABLE_K = 8
const LEAST_ROWS = 200
const ROWS_PER_FEATURE = 10

/** Of every stream, what says most first. Undefined for a single one. */
export async function streamServices(
  heldOut: HeldOut,
  reference: Reference,
  budgetPerDay: number,
  matmul: MatMul,
): Promise<StreamService[] | undefined> {
  const { rung, rowsPerDay, folds } = heldOut
  const { rows, whitening } = rung
  if (rows.streams.length < 2) return undefined
  const alerting = { falseAlarmsPerDay: budgetPerDay, feedback: false, relativeClearing: false }
  const judged = judgeBy(reference.calibration, folds.flat(), heldOut, alerting)
  const perRow = budgetPerDay / rowsPerDay
  const alertsPerRow = openedBy(judged) / rows.n
  const rare = quantile(sorted(judged.map(evaluationsOf)), 1 - RARE)
  const byStream = new Map(wholeStreams(judged).map(({ stream, parts }) => [stream, parts]))
  const fewest = ROWS_PER_FEATURE * reference.features.length
  const services: StreamService[] = []
  for (const [i, range] of rows.streams.entries()) {
    const n = range.to - range.from
    const rowsNeeded = Math.ceil(Math.max(RELIABLE_K / perRow, fewest))
    const told = n >= Math.max(LEAST_ROWS, fewest)
    const figures = told && {
      ...(await streamShape(rows, range, whitening, matmul)),
      ...alarmsOf(byStream.get(range.from) ?? [], rare, n * alertsPerRow),
    }
    services.push(serviceOf(nameOf(range, i), n, rowsNeeded, figures || undefined, reference.features))
  }
  return services.sort(byWeight)
}

const nameOf = ({ name }: StreamRange, i: number): string => name ?? `stream ${i + 1}`

/** On the common scale; those of records where there are such. */
const evaluationsOf = ({ kinds: { record, drift } }: Judged): Float64Array => (record.a.length > 0 ? record.a : drift.a)

const openedBy = (judged: readonly Judged[]): number => Object.values(inOrder(judged).opened).reduce((sum, count) => sum + count, 0)

function alarmsOf(judged: readonly Judged[], rare: number, share: number): Pick<StreamFigures, 'excess' | 'alerts' | 'share' | 'likely'> {
  const a = concatenated(judged.map(evaluationsOf))
  const above = blocksOf(a.length).map(([from, to]) => a.subarray(from, to).filter((value) => value > rare).length / Math.max(1, to - from))
  const { value, error } = estimateOf(above.map((part) => part / RARE))
  const alerts = openedBy(judged)
  // One evaluation more or less is never known.
  return { excess: { value, error: Math.max(error, 1 / RARE / Math.max(1, a.length)) }, alerts, share, likely: rateInterval(alerts, 1) }
}

function serviceOf(
  stream: string,
  rows: number,
  rowsNeeded: number,
  figures: StreamFigures | undefined,
  features: readonly string[],
): StreamService {
  if (figures === undefined) return { stream, rows, rowsNeeded, better: 'untold', reasons: [], figures }
  const reasons = reasonsOf(figures, features)
  const better = reasons.length === 0 ? 'pooled' : rows >= rowsNeeded ? 'own' : 'later'
  return { stream, rows, rowsNeeded, better, reasons, figures }
}

/** Only what is out of bounds even by the estimate that is kindest to the pool. */
function reasonsOf({ shift, spread, excess, alerts, share, likely }: StreamFigures, features: readonly string[]): Reason[] {
  const named = ({ value, column }: Along) => ({ value, feature: features[column] })
  const how: Reason[] = [
    { kind: 'spread', ...named(spread), weight: logRatio(atMost(spread), LEAST_SPREAD) },
    { kind: 'shift', ...named(shift), weight: atLeast(shift) / MOST_SHIFT },
  ]
  const effects: Reason[] = [
    { kind: 'excess', value: excess.value, weight: beyond([atLeast(excess), atMost(excess)], EXCESS) },
    { kind: 'alerts', value: alerts, weight: share < LEAST_SHARE ? 0 : beyond([likely[0] / share, likely[1] / share], ALERTS) },
  ]
  return [how, effects].flatMap((reasons) => reasons.filter(({ weight }) => weight > 1).sort((a, b) => b.weight - a.weight))
}

/** How far a ratio of which an interval is known lies outside of what is allowed, 1 at the bounds, in logarithms. */
const beyond = ([low, high]: readonly [number, number], [least, most]: readonly [number, number]): number =>
  Math.max(logRatio(low, most), logRatio(high, least))
const logRatio = (value: number, bound: number): number => Math.log(Math.max(value, Number.MIN_VALUE)) / Math.log(bound)

const byWeight = (a: StreamService, b: StreamService): number =>
  weightOf(b) - weightOf(a) || (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : 0)
const weightOf = ({ reasons }: StreamService): number => Math.max(0, ...reasons.map(({ weight }) => weight))
