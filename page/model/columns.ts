import type { StreamHistory } from '../../live/view.js'

type Value = number | null

/** What is drawn of a history over time: parallel columns, times in seconds. */
export interface Columns {
  readonly times: readonly number[]
  readonly record: readonly Value[]
  readonly drift: readonly Value[]
}

/** Spans without data that are drawn as a gap: more than so many usual distances. */
const GAP = 6

/**
 * A window is judged now and then, and holds until the next: so does its line. Where nothing came for long, every line is broken.
 */
export function columnsOf({ times, record, drift }: StreamHistory): Columns {
  const columns = { times: [] as number[], record: [] as Value[], drift: [] as Value[] }
  const longest = GAP * usualDistance(times)
  let held: Value = null
  for (const [i, time] of times.entries()) {
    if (i > 0 && time - times[i - 1] > longest) {
      held = null
      push(columns, times[i - 1] + longest / GAP, null, null)
    }
    held = drift[i] ?? held
    push(columns, time, record[i], held)
  }
  return columns
}

function push(columns: { times: number[]; record: Value[]; drift: Value[] }, time: number, record: Value, drift: Value): void {
  columns.times.push(time / 1000)
  columns.record.push(record)
  columns.drift.push(drift)
}

function usualDistance(times: readonly number[]): number {
  const distances = times.slice(1).map((time, i) => time - times[i])
  return distances.sort((one, other) => one - other)[Math.floor(distances.length / 2)] ?? 0
}

/** Until when each span is drawn: to the next one, but not over a gap. */
export function endsOf({ times, span }: StreamHistory): readonly number[] {
  const usual = Math.max(span, usualDistance(times))
  return times.map((time, i) => Math.min(times[i + 1] ?? time + span, time + GAP * usual))
}

/** So many spans are drawn at least: the first seconds of a stream do not fill the whole width. */
export const FEWEST_SPANS = 60

/** The data time that is drawn, ms. */
export function rangeOf({ times, span }: StreamHistory): readonly [number, number] {
  const last = times[times.length - 1] + span
  return [Math.min(times[0], last - FEWEST_SPANS * span), last]
}

const MINUTE = 60_000
const DAY = 1440 * MINUTE
const steps = [MINUTE / 6, MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE, 120 * MINUTE, 240 * MINUTE, DAY / 2, DAY, 7 * DAY, 28 * DAY]

/** Round times (local, ms) in a range, at most so many, and the ms from one to the next. */
export function roundTimes(
  [from, to]: readonly [number, number],
  most: number,
): { readonly times: readonly number[]; readonly step: number } {
  const step = steps.find((ms) => (to - from) / ms <= most) ?? (to - from) / most
  const shift = MINUTE * new Date(to).getTimezoneOffset()
  const first = Math.ceil((from - shift) / step) * step + shift
  return { times: Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, i) => first + i * step), step }
}

/** A row of the strip: how far a feature was from the reference's mean at each time; null where it did not stand out. */
export interface FeatureRow {
  readonly feature: string
  readonly sigmas: readonly Value[]
  readonly strongest: number
}

/** The features that were furthest from the reference's mean, the strongest first. */
export function featureRows({ features }: StreamHistory, most: number): readonly FeatureRow[] {
  const strongest = new Map<string, number>()
  for (const span of features) {
    for (const { feature, sigma } of span) {
      if (Math.abs(sigma) > Math.abs(strongest.get(feature) ?? 0)) strongest.set(feature, sigma)
    }
  }
  return [...strongest]
    .sort(([, one], [, other]) => Math.abs(other) - Math.abs(one))
    .slice(0, most)
    .map(([feature, sigma]) => ({
      feature,
      strongest: sigma,
      sigmas: features.map((span) => span.find((one) => one.feature === feature)?.sigma ?? null),
    }))
}

/** The features of the last span that has any. */
export const latestFeatures = ({ features }: StreamHistory) => features.findLast((span) => span.length > 0) ?? []
