import type { StreamHistory } from '../../live/view.js'
import { FEWEST_SPANS } from './columns.js'

/** From when on a history lacks something: its last span may have grown. Ms; undefined where all is wanted. */
export const wantedSince = (history: StreamHistory | undefined): number | undefined => history?.times.at(-1)

/**
 * A history with what came after it in place of its end; undefined where they do not fit together, as spans have become wider
 * or detectors are others: then the whole is to be asked for.
 */
export function continued(before: StreamHistory, after: StreamHistory): StreamHistory | undefined {
  const detectors = ({ effects }: StreamHistory) => effects.map(({ detector }) => detector).join()
  if (before.span !== after.span || detectors(before) !== detectors(after)) return undefined
  if (after.times.length === 0) return { ...before, episodes: after.episodes }
  const kept = before.times.findIndex((time) => time >= after.times[0])
  const joined = <T>(one: readonly T[], other: readonly T[]): readonly T[] => [...(kept < 0 ? one : one.slice(0, kept)), ...other]
  return {
    ...after,
    times: joined(before.times, after.times),
    record: joined(before.record, after.record),
    drift: joined(before.drift, after.drift),
    effects: after.effects.map(({ detector, values }, i) => ({ detector, values: joined(before.effects[i].values, values) })),
    features: joined(before.features, after.features),
  }
}

const MINUTE = 60_000
const lengths = [10 * MINUTE, 60 * MINUTE, 360 * MINUTE, 1440 * MINUTE, 7 * 1440 * MINUTE]

/** How much of the end of a history may be looked at alone, ms: what is less than all of it, and fills the width. */
export const shorterThan = ({ times, span }: StreamHistory): readonly number[] =>
  lengths.filter((ms) => ms >= FEWEST_SPANS * span && ms < (times.at(-1) ?? 0) + span - (times[0] ?? 0))

/** The last part of a history. */
export function endOf(history: StreamHistory, ms: number): StreamHistory {
  const { times, span, record, drift, effects, features } = history
  const from = (times.at(-1) ?? 0) + span - ms
  const first = times.findIndex((time) => time >= from)
  return {
    ...history,
    times: times.slice(first),
    record: record.slice(first),
    drift: drift.slice(first),
    effects: effects.map(({ detector, values }) => ({ detector, values: values.slice(first) })),
    features: features.slice(first),
    episodes: history.episodes.filter(({ to }) => to === undefined || to >= from),
  }
}
