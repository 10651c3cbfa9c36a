import type { Bank } from '../detectors/detector.js'
import { sample, uniforms } from '../detectors/random.js'
import { standardise } from '../detectors/standardisation.js'
import type { Whitening } from '../detectors/whitening.js'
import { completed } from './fold-moments.js'
import { fillerFor } from './gaps.js'
import type { Range, Rows } from './rows.js'

const MOST_ROWS = 2000
/** Bounds the memory of a bank of many features: 1,024 rows of 1,024 of them. */
const MOST_VALUES = 2 ** 20
const SEED = 1

const mostRows = (d: number): number => Math.min(MOST_ROWS, Math.floor(MOST_VALUES / d))

/** Up to 2,000 rows of some stretches, drawn at random but the same each time; gaps are filled. `pairs`: with the row before each. */
export function bankOf(all: Rows, ranges: readonly Range[], whitening: Whitening, pairs = false): Bank {
  const { d, store } = all
  const filler = fillerFor(all, whitening)
  const n = ranges.reduce((sum, { from, to }) => sum + to - from, 0)
  const chosen = sample(n, mostRows(d), uniforms(SEED))
  const rows = new Float64Array(chosen.length * d)
  const previous = pairs ? new Float64Array(rows.length) : undefined
  const row = (at: number) => standardise(completed(store.read(at, at + 1), d, filler, at), 1, whitening)
  let next = 0
  let before = 0
  for (const { from, to } of ranges) {
    for (; next < chosen.length && chosen[next] - before < to - from; next++) {
      const at = from + chosen[next] - before
      rows.set(row(at), next * d)
      previous?.set(row(Math.max(from, at - 1)), next * d)
    }
    before += to - from
  }
  return { m: chosen.length, rows, ...(previous && { previous }) }
}

/** The bank of one part among several, standardised alike, and how many rows it was drawn from. */
interface PartBank {
  readonly n: number
  readonly bank: Bank
}

/**
 * As many rows of each bank as the part has of all rows, at most 2,000 together and as many as the banks can give in that proportion;
 * drawn at random but the same each time. Where the banks hold all rows, and those are no more than 2,000, the result holds all.
 */
export function mergeBanks(parts: readonly PartBank[], d: number): Bank {
  const n = parts.reduce((sum, part) => sum + part.n, 0)
  const m = Math.min(mostRows(d), ...parts.map(({ n: own, bank }) => Math.floor((bank.m * n) / own)))
  const counts = apportion(
    parts.map((part) => (m * part.n) / n),
    m,
  )
  const uniform = uniforms(SEED)
  const chosen = parts.map(({ bank }, i) => sample(bank.m, counts[i], uniform).map((row) => bank.rows.subarray(row * d, (row + 1) * d)))
  const rows = new Float64Array(m * d)
  chosen.flat().forEach((row, i) => {
    rows.set(row, i * d)
  })
  return { m, rows }
}

/** Whole numbers that sum to `total`, each the share rounded down or up: the largest remainders are rounded up. */
function apportion(shares: readonly number[], total: number): number[] {
  const counts = shares.map(Math.floor)
  const missing = total - counts.reduce((sum, count) => sum + count, 0)
  const byRemainder = [...shares.keys()].sort((a, b) => shares[b] - counts[b] - (shares[a] - counts[a]))
  for (const i of byRemainder.slice(0, missing)) counts[i]++
  return counts
}
