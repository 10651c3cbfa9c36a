import type { MatMul } from '../detectors/matmul.js'
import { rowsTimesTransposedInverse } from '../detectors/root.js'
import { standardise } from '../detectors/standardisation.js'
import type { Whitening } from '../detectors/whitening.js'
import { atLeast, atMost, blocksOf, type Estimate, estimateOf } from './block-estimate.js'
import { completed } from './fold-moments.js'
import { fillerFor } from './gaps.js'
import { allocate, RowMemory, type Values } from './row-store.js'
import type { Range, Rows } from './rows.js'

/** A figure along the whitened coordinate where it says most; `column` is that of the feature which the coordinate adds to those before it. */
export interface Along extends Estimate {
  readonly column: number
}

/** How the rows of one stream lie in the whitening of all. */
export interface StreamShape {
  /** Distance of its mean from the mean of all, in sigma. */
  readonly shift: Along
  /** Its standard deviation where it is smallest beside that of all: a shift by 1 sigma of the stream's own is so many of the whole. */
  readonly spread: Along
}

/** Rows of a stream that are looked at, evenly spaced. */
const MOST_ROWS = 2000
/** A coordinate that varies less than this in the stream is constant there: its own reference would not score it. */
const CONSTANT = 1e-6

/** The shape of one stream. Its rows must be at least a few per block. */
export async function streamShape(rows: Rows, range: Range, whitening: Whitening, matmul: MatMul): Promise<StreamShape> {
  const { d, root, active } = whitening
  const { values, n } = someOf(rows, range)
  const filled = completed(values, d, fillerFor(rows, whitening), range.from)
  const z = await rowsTimesTransposedInverse(root, standardise(filled, n, whitening), matmul)
  const columns = [...active.keys()].filter((j) => active[j])
  const along = columns.map((column) => ({ column, ...momentsAlong(z, n, d, column) }))
  const shifts = along.map(({ column, shift }) => ({ column, ...shift }))
  const varying = along.filter(({ spread }) => spread.value > CONSTANT)
  const spreads = (varying.length > 0 ? varying : along).map(({ column, spread }) => ({ column, ...spread }))
  return {
    shift: shifts.reduce((most, one) => (atLeast(one) > atLeast(most) ? one : most)),
    spread: spreads.reduce((least, one) => (atMost(one) < atMost(least) ? one : least)),
  }
}

function momentsAlong(z: Float64Array, n: number, d: number, column: number): { shift: Estimate; spread: Estimate } {
  const at = (i: number) => z[i * d + column]
  const blocks = blocksOf(n)
  const mean = estimateOf(blocks.map(([from, to]) => meanOver(from, to, at)))
  const variance = estimateOf(blocks.map(([from, to]) => meanOver(from, to, (i) => (at(i) - mean.value) ** 2)))
  const spread = Math.sqrt(variance.value)
  return {
    shift: { value: Math.abs(mean.value), error: mean.error },
    spread: { value: spread, error: spread > 0 ? variance.error / (2 * spread) : 0 },
  }
}

function meanOver(from: number, to: number, at: (i: number) => number): number {
  let sum = 0
  for (let i = from; i < to; i++) sum += at(i)
  return sum / (to - from)
}

function someOf({ store, d }: Rows, { from, to }: Range): { values: Values; n: number } {
  const step = Math.ceil((to - from) / MOST_ROWS)
  if (step === 1) return { values: store.read(from, to), n: to - from }
  const n = Math.floor((to - from) / step)
  const kept = new RowMemory(allocate(store.dtype, n * d), d)
  for (let i = 0; i < n; i++) kept.append(store.read(from + i * step, from + i * step + 1))
  return { values: kept.read(0, n), n }
}
