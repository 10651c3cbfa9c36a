import { quantile } from '../calibration/order-statistics.js'
import { type MatMul, squaredLengths, transpose } from '../detectors/matmul.js'
import { sample, uniforms } from '../detectors/random.js'
import { standardise } from '../detectors/standardisation.js'
import type { Rows } from './rows.js'
import type { Summed } from './summed.js'

/** Rows that are asked for their nearest, and rows among which it is looked for, at most. */
const ASKED = 256
const OTHERS = 20_000
/** Shares of the others; how fast their number grows from the one to the other tells how many should be nearer still. */
const [FEW, HALF] = [0.05, 0.5]
/** So many neighbours should be as near as the nearest is: by chance so few for one row in ten (the number is exponential, with mean 1). */
const LONELY = 0.1
/** Share of the rows from which copies are more than chance: of pictures without any it was 0 to 15 %, of tiles with their copies 47 to 55 %. */
export const MANY_COPIES = 1 / 3
const STEP_VALUES = 2 ** 20
const SEED = 4

/**
 * Share of the rows whose nearest row of the other folds is nearer than their other neighbours let expect, by distances of standardised
 * features. The number of neighbours within a distance grows as its D-th power, where D is how many ways rows vary in, taken from the
 * distances that hold 5 and 50 % of them (as in the correlation dimension, Grassberger and Procaccia 1983). Without copies it is about a tenth.
 */
export async function nearCopies({ rows, folds, standardisation }: Summed, matmul: MatMul): Promise<number> {
  const { n, d } = rows
  const foldOf = new Uint8Array(n)
  for (const [f, fold] of folds.entries()) for (const { from, to } of fold) foldOf.fill(f, from, to)
  const read = (chosen: readonly number[]) => standardise(rowsAt(rows, chosen), chosen.length, standardisation)
  const asked = sample(n, ASKED, uniforms(SEED))
  const others = sample(n, OTHERS, uniforms(SEED))
  const probes = read(asked)
  const columns = transpose(probes, asked.length, d)
  const own = squaredLengths(probes, d)
  const distances: number[][] = asked.map(() => [])
  const step = Math.max(1, Math.floor(STEP_VALUES / d))
  for (let from = 0; from < others.length; from += step) {
    const some = others.slice(from, from + step)
    const block = read(some)
    const lengths = squaredLengths(block, d)
    const products = await matmul(block, columns, some.length, d, asked.length)
    for (const [i, row] of some.entries())
      for (const [j, probe] of asked.entries())
        if (foldOf[row] !== foldOf[probe]) distances[j].push(lengths[i] + own[j] - 2 * products[i * asked.length + j])
  }
  return distances.filter((squares) => expectedWithin(Float64Array.from(squares).sort()) < LONELY).length / asked.length
}

/** How many should be as near as the nearest, by how many are within larger distances (rising; squared). */
function expectedWithin(rising: Float64Array): number {
  const [nearest, few, half] = [Math.max(0, rising[0]), quantile(rising, FEW), quantile(rising, HALF)]
  if (nearest >= few) return few > 0 ? FEW * rising.length : 0
  return FEW * rising.length * (nearest / few) ** (Math.log(HALF / FEW) / Math.log(half / few))
}

function rowsAt({ d, store }: Rows, chosen: readonly number[]): Float64Array {
  const values = new Float64Array(chosen.length * d)
  for (const [i, row] of chosen.entries()) values.set(store.read(row, row + 1), i * d)
  return values
}
