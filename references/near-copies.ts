import { quantile } from '../calibration/order-statistics.js'
import { type MatMul, squaredLengths, transpose } from '../detectors/matmul.js'
import { sample, uniforms } from '../detectors/random.js'
import { standardise } from '../detectors/standardisation.js'
import type { Rows } from './rows.js'
import type { Summed } from './summed.js'

/** Rows that are asked for their nearest, and rows among which it is looked for, at most. */
const ASKED = 256
const OTHERS = 20_000
/** Nearer than this part of the distance within which a row has 5 % of the others. */
const NEAR = 0.5
const NEIGHBOURS = 0.05
const STEP_VALUES = 2 ** 20
const SEED = 4

/**
 * Share of the rows that have a near copy in another fold, by distances of standardised features. Means something only where features vary
 * in many ways at once, as a backbone's do: of few features the nearest of many rows is near by itself.
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
  const near = distances.filter((squares) => {
    const rising = Float64Array.from(squares).sort()
    return rising[0] < NEAR ** 2 * quantile(rising, NEIGHBOURS)
  })
  return near.length / asked.length
}

function rowsAt({ d, store }: Rows, chosen: readonly number[]): Float64Array {
  const values = new Float64Array(chosen.length * d)
  for (const [i, row] of chosen.entries()) values.set(store.read(row, row + 1), i * d)
  return values
}
