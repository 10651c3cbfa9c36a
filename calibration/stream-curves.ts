import { RELIABLE_EPISODES } from './budget.js'
import type { StreamCurve, StreamCurves } from './calibration.js'
import { EpisodeCurve, episodeCurve } from './episode-curve.js'
import { quantile, sorted } from './order-statistics.js'
import { LEAST_DECADES, mostEpisodes, rateMap } from './rate-map.js'
import { type Folds, type Follows, joined } from './runs.js'

/** Per fold, for each of its runs: the number of its stream. */
export type StreamsOf = readonly (readonly number[])[]

/** A stream of the reference. */
export interface StreamRows {
  /** As its records call it, where that is known. */
  readonly name?: string | undefined
  readonly rows: number
}

/** The combined statistic a of one kind, after k-of-n, with the streams that its runs are of. */
export interface StreamedKind {
  readonly folds: Folds
  readonly follows: Follows
  readonly streams: StreamsOf
  readonly gap: number
}

/** Streams with a curve of their own, at most: those with the most rows. A curve has up to 200 points. */
export const MOST_STREAMS = 1000
/** Characters. */
const LONGEST_NAME = 500

/**
 * The combined curve taken apart: a curve for each stream that has a name and enough episodes, and one for the rows of all others. At every
 * bar their episodes add up to those of the combined curve. Undefined where no stream has one.
 * @param rows of each stream, by its number
 * @param level the quantile of a that is the lowest sensible bar
 */
export const streamCurves = (
  kinds: readonly StreamedKind[],
  rows: ReadonlyMap<number, StreamRows>,
  level: number,
): StreamCurves | undefined => {
  const parts = partsOf(kinds)
  const own: StreamCurve[] = []
  const rest: StreamPart[] = []
  for (const [stream, { name, rows: n }] of [...rows].sort(([, a], [, b]) => b.rows - a.rows)) {
    const part = parts.get(stream)
    if (part === undefined) continue
    const curve = name === undefined || name.length > LONGEST_NAME || own.length === MOST_STREAMS ? undefined : curveOf(part, level)
    if (name === undefined || curve === undefined || mostEpisodes(curve.combined) < RELIABLE_EPISODES) rest.push(part)
    else own.push({ name, rows: n, ...curve })
  }
  const others = curveOf(rest.flat(), level)
  return own.length === 0 ? undefined : { own, ...(others && { others }) }
}

/** The runs of one stream, per kind that has some. */
type StreamPart = readonly KindRuns[]

interface KindRuns {
  readonly kind: StreamedKind
  readonly runs: readonly Float64Array[]
  readonly curve: EpisodeCurve
}

/** Counted together; undefined where they open nothing. */
function curveOf(parts: readonly KindRuns[], level: number): StreamCurves['others'] {
  const curve = EpisodeCurve.pool(parts.map(({ curve }) => curve))
  if (curve.steps().scores.length === 0) return undefined
  const kinds = [...new Set(parts.map(({ kind }) => kind))]
  const runsOf = (of: StreamedKind) => parts.flatMap(({ kind, runs }) => (kind === of ? runs : []))
  // k-of-n leaves the first evaluations of a run below all that a can be.
  return { combined: rateMap(curve), ceiling: Math.max(LEAST_DECADES, ...kinds.map((kind) => quantile(sorted(runsOf(kind)), level))) }
}

function partsOf(kinds: readonly StreamedKind[]): Map<number, StreamPart> {
  const parts = new Map<number, KindRuns[]>()
  for (const kind of kinds) {
    const { folds, follows, streams, gap } = kind
    const behind = joined(folds, follows, gap)
    for (const [stream, places] of placesOf(streams)) {
      const part = parts.get(stream) ?? []
      parts.set(stream, part)
      const [runs, pasts] = [places.map(([f, i]) => behind[f].runs[i]), places.map(([f, i]) => behind[f].pasts[i])]
      part.push({ kind, runs: places.map(([f, i]) => folds[f][i]), curve: episodeCurve(runs, gap, pasts) })
    }
  }
  return parts
}

/** Fold and run of each stretch of each stream. */
function placesOf(streams: StreamsOf): Map<number, (readonly [number, number])[]> {
  const places = new Map<number, [number, number][]>()
  for (const [f, runs] of streams.entries()) {
    for (const [i, stream] of runs.entries()) {
      const own = places.get(stream)
      if (own === undefined) places.set(stream, [[f, i]])
      else own.push([f, i])
    }
  }
  return places
}
