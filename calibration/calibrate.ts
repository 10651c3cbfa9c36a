import type { AlarmKind, Calibration, KindLogic, RateMap } from './calibration.js'
import { EpisodeCurve, episodeCurve } from './episode-curve.js'
import { kOfN } from './k-of-n.js'
import { countValues, quantile, sorted } from './order-statistics.js'
import { thinScores } from './p-value.js'
import { decadesOf, mostEpisodes, rateMap, scoreWith } from './rate-map.js'
import { dispersion } from './realised.js'
import { type Folds, type Follows, joined } from './runs.js'
import { type StreamedKind, type StreamRows, type StreamsOf, streamCurves } from './stream-curves.js'

/**
 * Held-out scores of one detector; 'record': one score per record; 'drift': one per window evaluation.
 * All detectors of a kind have the same runs.
 */
export interface DetectorSeries {
  readonly detector: string
  readonly kind: AlarmKind
  readonly folds: Folds
  /** Left out: no run goes on from another. */
  readonly follows?: Follows
  /** Per fold, for each of its runs the number of its stream. Left out: the streams are not told apart. */
  readonly streams?: StreamsOf
  /** Its lambda counts this many times (1): beside detectors of its kind that see more, it gets less of the budget. */
  readonly price?: number
}

export interface CalibrateOptions {
  readonly logic: Readonly<Record<AlarmKind, KindLogic>>
  /** Records that the series were scored from, all streams together. */
  readonly rows: number
  readonly rowsPerDay: number
  /** Of each stream, by its number in the series: the streams get curves of their own. */
  readonly streams?: ReadonlyMap<number, StreamRows>
}

/** At most this share of evaluations may be over the bar. */
const MAX_SHARE_OVER_BAR = 0.15
/** Episodes at which clustering is measured: a few in each fold. */
const DISPERSION_EPISODES = 50

/**
 * From held-out scores to alerts per day (calibration study, section 9): a lambda map per detector, and the episode curve of
 * the combined statistic a = max over detectors of -log10 lambda, each lambda built without the fold it is applied to.
 * A stream has one open alert per kind, so the combined curve adds up the episodes of all kinds, at one common bar.
 * Throws a RangeError when a detector has too few evaluations to fire at all.
 */
export const calibrate = (series: readonly DetectorSeries[], options: CalibrateOptions): Calibration => {
  const { logic, rows, rowsPerDay, streams = new Map() } = options
  const spanDays = rows / rowsPerDay
  const detectors = series.map((one) => mapDetector(one, logic[one.kind], spanDays))
  const kinds = [...new Set(series.map(({ kind }) => kind))].map((kind): CombinedKind => {
    const { k, n, gap } = logic[kind]
    const own = detectors.filter((one) => one.kind === kind)
    const folds = combine(own.map((one) => one.decades)).map((runs) => runs.map((run) => kOfN(run, k, n)))
    return { folds, curves: curvesOf(folds, own[0].follows, gap) }
  })
  const combined = rateMap(EpisodeCurve.pool(kinds.flatMap(({ curves }) => curves)))
  const maps = Object.fromEntries(detectors.map(({ detector, map }) => [detector, map]))
  const apart = streams.size < 2 ? undefined : streamCurves(asLive(series, maps, logic, spanDays), streams, 1 - MAX_SHARE_OVER_BAR)
  return {
    spanDays,
    rowsPerDay,
    rows,
    folds: series[0].folds.length,
    maps,
    combined,
    quantiles: Object.fromEntries(detectors.map(({ detector, quantiles }) => [detector, quantiles])),
    evaluations: Object.fromEntries(detectors.map(({ detector, evaluations }) => [detector, evaluations])),
    ceiling: Math.max(...kinds.map(({ folds }) => quantile(sorted(folds.flat()), 1 - MAX_SHARE_OVER_BAR))),
    dispersion: foldDispersion(kinds, combined),
    ...(apart && { streams: apart }),
  }
}

interface MappedDetector {
  readonly detector: string
  readonly kind: AlarmKind
  readonly follows: Follows
  readonly map: RateMap
  /** All scores, thinned. */
  readonly quantiles: Float64Array
  readonly evaluations: number
  /** -log10 lambda of every score, lambda built on the other folds. */
  readonly decades: Folds
}

/** The combined statistic of one kind, after k-of-n. */
interface CombinedKind {
  readonly folds: Folds
  /** Per fold. */
  readonly curves: readonly EpisodeCurve[]
}

const curvesOf = (folds: Folds, follows: Follows, gap: number): EpisodeCurve[] =>
  joined(folds, follows, gap).map(({ runs, pasts }) => episodeCurve(runs, gap, pasts))

const mapDetector = (
  { detector, kind, folds, follows = [], price }: DetectorSeries,
  { k, gap }: KindLogic,
  spanDays: number,
): MappedDetector => {
  if (!folds.flat().some((run) => run.length >= k)) {
    throw new RangeError(
      `detector ${detector}: no stretch of the reference yields the ${k} evaluations in a row that an alarm needs; give it more rows per stream, or shorten its window`,
    )
  }
  const evaluations = countValues(folds.flat())
  const curves = curvesOf(folds, follows, gap)
  const map = rateMap(EpisodeCurve.pool(curves), price)
  const decades = folds.map((runs, fold) => {
    const others = folds.filter((_, other) => other !== fold)
    const share = countValues(others.flat()) / evaluations
    const curve = EpisodeCurve.pool(curves.filter((_, other) => other !== fold))
    // With all evaluations, or all that open an episode, in one fold there is nothing else to build lambda from.
    if (share === 0 || curve.steps().scores.length === 0) return runs.map((run) => run.map(decadesOf(map, spanDays)))
    return runs.map((run) => run.map(decadesOf(rateMap(curve, price), spanDays * share)))
  })
  return { detector, kind, follows, map, quantiles: thinScores(sorted(folds.flat())), evaluations, decades }
}

/** The combined statistic of a kind: the largest of its detectors' decades at each evaluation. */
const combine = ([first, ...others]: readonly Folds[]): Folds => {
  if (others.length === 0) return first
  return first.map((runs, fold) =>
    runs.map((run, i) => run.map((decades, t) => others.reduce((most, other) => Math.max(most, other[fold][i][t]), decades))),
  )
}

/**
 * The combined statistic of each kind by the maps of all folds, as it is live. A stream unlike the others lies where few episodes of theirs
 * fix a map, and where the maps without a fold differ: its bar must stand on the scale that it will be held to.
 */
const asLive = (
  series: readonly DetectorSeries[],
  maps: Calibration['maps'],
  logic: CalibrateOptions['logic'],
  spanDays: number,
): StreamedKind[] =>
  [...new Set(series.map(({ kind }) => kind))].map((kind) => {
    const own = series.filter((one) => one.kind === kind)
    const { k, n, gap } = logic[kind]
    const decades = own.map(({ detector, folds }) => {
      const decadesAt = decadesOf(maps[detector], spanDays)
      return folds.map((runs) => runs.map((run) => run.map(decadesAt)))
    })
    const folds = combine(decades).map((runs) => runs.map((run) => kOfN(run, k, n)))
    return { folds, follows: own[0].follows ?? [], streams: own[0].streams ?? [], gap }
  })

/** Clustering of alerts: their counts per fold, at the bar that opens about 50. */
const foldDispersion = (kinds: readonly CombinedKind[], combined: RateMap): number => {
  const bar = scoreWith(combined, Math.min(DISPERSION_EPISODES, mostEpisodes(combined)))
  const perFold = kinds[0].folds.map((runs, fold) => ({
    alerts: kinds.reduce((sum, { curves }) => sum + curves[fold].countAt(bar), 0),
    exposure: countValues(runs),
  }))
  return dispersion(perFold)
}
