import type { OwnPastLimit } from '../calibration/own-past.js'
import type { ArrayMemory } from '../connectors/array-memory.js'
import type { Batch, Calibrated, Rarity } from './batch.js'
import type { OwnFinding } from './past-stream.js'

export interface OwnPastOptions {
  readonly limit: OwnPastLimit
  readonly memory: ArrayMemory
}

/** Judges every record by its stream's own past, in place of the stages that score with a reference. */
export const ownPast =
  ({ limit, memory }: OwnPastOptions) =>
  (batch: Batch): Calibrated => {
    const { n, d, values, states, stateOf, times } = batch
    // The fold's own latest times are those before the batch.
    const latest = Float64Array.from(states, ({ folded }) => folded.time)
    const own = Array.from({ length: n }, (_, row) => {
      const state = stateOf[row]
      latest[state] = Math.max(latest[state], times[row])
      return states[state].folded.past?.judge(values, row * d, { time: times[row], latest: latest[state] }, limit)
    })
    return {
      ...batch,
      trends: states.map(() => undefined),
      adapted: [],
      segments: [],
      scores: [],
      sums: memory.take(Float64Array, 0),
      windows: [],
      record: rarityOf(own, limit, memory),
      drift: rarityOf([], limit, memory),
      own,
    }
  }

/** A record of the probation is neither rare nor strong. */
function rarityOf(own: readonly (OwnFinding | undefined)[], limit: OwnPastLimit, memory: ArrayMemory): Rarity {
  const a = memory.take(Float64Array, own.length).fill(-Math.log10(limit.evaluationsPerDay))
  const detector = memory.take(Uint8Array, own.length).fill(0)
  const effect = memory.take(Float64Array, own.length).fill(0)
  for (const [i, found] of own.entries()) {
    if (found === undefined) continue
    a[i] = -Math.log10(found.perDay)
    effect[i] = Math.max(0, found.score / limit.level)
  }
  return { a, detector, effect }
}
