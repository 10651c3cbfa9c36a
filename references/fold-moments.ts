import type { MatMul } from '../detectors/matmul.js'
import { emptyMoments, type Moments, merge, momentsOf } from '../detectors/moments.js'
import { columnStats, mergeColumnStats, type Standardisation, standardisationOf, standardise } from '../detectors/standardisation.js'
import { FitRefused } from './refusal.js'
import type { Range, Rows } from './rows.js'

/** Rows that are taken in one step: few enough to stay in the cache, enough for a matrix product to pay. */
const stepRows = (d: number): number => Math.max(1024, Math.floor(2 ** 20 / d))

/** Centre and scale of all rows, in one pass. */
export function standardisationOfRows({ n, d, values }: Rows): Standardisation {
  const step = stepRows(d)
  let stats = columnStats(values, 0, d)
  for (let from = 0; from < n; from += step) {
    const count = Math.min(step, n - from)
    stats = mergeColumnStats(stats, columnStats(values.subarray(from * d, (from + count) * d), count, d))
  }
  try {
    return standardisationOf(stats)
  } catch (error) {
    throw new FitRefused('too_large', error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** Moments of the standardised rows of some stretches, in one pass. */
export async function momentsOfRows(
  rows: Rows,
  ranges: readonly Range[],
  standardisation: Standardisation,
  matmul: MatMul,
): Promise<Moments> {
  const { d } = rows
  let moments = emptyMoments(d)
  for (const step of steps(ranges, stepRows(d))) {
    const part = gather(rows, step)
    const n = part.length / d
    moments = merge(moments, await momentsOf(standardise(part, n, standardisation), n, d, matmul))
  }
  return moments
}

/** The ranges, cut and grouped into steps of at most `size` rows: many short streams take one step together. */
function steps(ranges: readonly Range[], size: number): Range[][] {
  const grouped: Range[][] = [[]]
  let room = size
  for (const { from, to } of ranges) {
    for (let at = from; at < to; ) {
      const end = Math.min(to, at + room)
      grouped[grouped.length - 1].push({ from: at, to: end })
      room -= end - at
      at = end
      if (room > 0) continue
      grouped.push([])
      room = size
    }
  }
  return grouped.filter((step) => step.length > 0)
}

function gather({ values, d }: Rows, ranges: readonly Range[]): Float32Array | Float64Array {
  const parts = ranges.map(({ from, to }) => values.subarray(from * d, to * d))
  if (parts.length === 1) return parts[0]
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
