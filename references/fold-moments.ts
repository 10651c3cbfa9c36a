import type { MomentsRunner } from '../backbones/moments.js'
import { emptyMoments, type Moments, merge } from '../detectors/moments.js'
import { columnStats, mergeColumnStats, type Standardisation, standardisationOf } from '../detectors/standardisation.js'
import { FitRefused } from './refusal.js'
import { allocate, RowMemory, type Values } from './row-store.js'
import type { Range, Rows } from './rows.js'

/** Rows that are taken in one step: few enough to stay in the cache, enough for a matrix product to pay. */
const stepRows = (d: number): number => Math.max(1024, Math.floor(2 ** 20 / d))

/** Centre and scale of all rows, in one pass. */
export function standardisationOfRows({ n, d, store }: Rows): Standardisation {
  const step = stepRows(d)
  let stats = columnStats(new Float64Array(0), 0, d)
  for (let from = 0; from < n; from += step) {
    const count = Math.min(step, n - from)
    stats = mergeColumnStats(stats, columnStats(store.read(from, from + count), count, d))
  }
  try {
    return standardisationOf(stats)
  } catch (error) {
    throw new FitRefused('too_large', error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** Moments of the standardised rows of some stretches, in one pass. */
export async function momentsOfRows(rows: Rows, ranges: readonly Range[], runner: MomentsRunner): Promise<Moments> {
  let moments = emptyMoments(rows.d)
  for (const step of steps(ranges, stepRows(rows.d))) {
    const part = gather(rows, step)
    moments = merge(moments, await runner.momentsOf(part, part.length / rows.d))
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

function gather({ store, d }: Rows, ranges: readonly Range[]): Values {
  const parts = ranges.map(({ from, to }) => store.read(from, to))
  if (parts.length === 1) return parts[0]
  const n = ranges.reduce((sum, { from, to }) => sum + to - from, 0)
  const all = new RowMemory(allocate(store.dtype, n * d), d)
  for (const part of parts) all.append(part)
  return all.read(0, n)
}
