import type { Bank } from '../detectors/detector.js'
import { sample, uniforms } from '../detectors/random.js'
import { type Standardisation, standardise } from '../detectors/standardisation.js'
import type { Range, Rows } from './rows.js'

const MOST_ROWS = 2000
/** Bounds the memory of a bank of many features: 1,024 rows of 1,024 of them. */
const MOST_VALUES = 2 ** 20
const SEED = 1

/** Up to 2,000 rows of some stretches, drawn at random but the same each time. */
export function bankOf({ d, store }: Rows, ranges: readonly Range[], standardisation: Standardisation): Bank {
  const n = ranges.reduce((sum, { from, to }) => sum + to - from, 0)
  const chosen = sample(n, Math.min(MOST_ROWS, Math.floor(MOST_VALUES / d)), uniforms(SEED))
  const rows = new Float64Array(chosen.length * d)
  let next = 0
  let before = 0
  for (const { from, to } of ranges) {
    for (; next < chosen.length && chosen[next] - before < to - from; next++) {
      const at = from + chosen[next] - before
      rows.set(standardise(store.read(at, at + 1), 1, standardisation), next * d)
    }
    before += to - from
  }
  return { m: chosen.length, rows }
}
