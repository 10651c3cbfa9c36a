import type { MomentsRunner } from '../backbones/moments.js'
import { emptyMoments, type Moments, merge } from '../detectors/moments.js'
import { packedLength } from '../detectors/packed.js'
import { type ColumnStats, columnStats, mergeColumnStats, type Standardisation, standardisationOf } from '../detectors/standardisation.js'
import type { Gap, GapFiller } from '../kinds/gaps.js'
import { FitRefused } from './refusal.js'
import { allocate, RowMemory, type Values } from './row-store.js'
import type { Range, Rows } from './rows.js'

/** Rows that are taken in one step: few enough to stay in the cache, enough for a matrix product to pay. */
export const stepRows = (d: number): number => Math.max(1024, Math.floor(2 ** 20 / d))

/**
 * Centre and scale of all rows, in one pass; of a column that rows may lack, of those that have it.
 * Throws `FitRefused` when none of the features varies.
 */
export function standardisationOfRows({ n, d, store, optional = [] }: Rows): Standardisation {
  const step = stepRows(d)
  let stats = columnStats(new Float64Array(0), 0, d)
  const there = optional.map(() => columnStats(new Float64Array(0), 0, 1))
  for (let from = 0; from < n; from += step) {
    const count = Math.min(step, n - from)
    const values = store.read(from, from + count)
    stats = mergeColumnStats(stats, columnStats(values, count, d))
    for (const [i, column] of optional.entries()) there[i] = mergeColumnStats(there[i], presentStats(values, d, column))
  }
  for (const [i, column] of optional.entries()) {
    stats.mean[column] = there[i].mean[0]
    stats.squares[column] = (there[i].squares[0] * (n - 1)) / Math.max(1, there[i].n - 1)
  }
  const standardisation = finite(stats)
  if (standardisation.scale.some((scale) => scale > 0)) return standardisation
  throw new FitRefused('constant', `none of the ${d} features varies in the reference; give data in which they do`)
}

function finite(stats: ColumnStats): Standardisation {
  try {
    return standardisationOf(stats)
  } catch (error) {
    throw new FitRefused('too_large', error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** Of the rows that have the column. */
function presentStats(values: Values, d: number, column: number): ColumnStats {
  const present: number[] = []
  for (let at = column; at < values.length; at += d) if (!Number.isNaN(values[at])) present.push(values[at])
  return columnStats(Float64Array.from(present), present.length, 1)
}

/**
 * Moments of the standardised rows of some stretches, in one pass; of rows with gaps the expected ones: those of the filled rows, and the
 * covariance that the missing values have given the others.
 */
export async function momentsOfRows(rows: Rows, ranges: readonly Range[], runner: MomentsRunner, filler?: GapFiller): Promise<Moments> {
  let moments = emptyMoments(rows.d)
  const unseen = new Float64Array(moments.scatter.length)
  for (const step of steps(ranges, stepRows(rows.d))) {
    const part = expected(gather(rows, step), rows.d, filler, (gap) => addCovariance(unseen, gap))
    moments = merge(moments, await runner.momentsOf(part, part.length / rows.d))
  }
  return filler === undefined ? moments : { ...moments, scatter: moments.scatter.map((value, at) => value + unseen[at]) }
}

function addCovariance(scatter: Float64Array, { varying, covariance }: Gap): void {
  const k = varying.length
  for (let i = 0; i < k; i++) for (let j = 0; j <= i; j++) scatter[packedLength(varying[i]) + varying[j]] += covariance[i * k + j]
}

/** The rows with what is expected in their gaps, in a copy where there can be any; `onGap` is told of each. */
export function expected(values: Values, d: number, filler: GapFiller | undefined, onGap?: (gap: Gap) => void): Values {
  return filler === undefined
    ? values
    : filledCopy(values, d, (copy, at) => {
        const gap = filler.expect(copy, at)
        if (gap !== undefined) onGap?.(gap)
      })
}

/** The rows, the first of which is number `from`, with their gaps filled as the live stream's are. */
export const completed = (values: Values, d: number, filler: GapFiller | undefined, from: number): Values =>
  filler === undefined ? values : filledCopy(values, d, (copy, at) => filler.complete(copy, at, from + at / d))

function filledCopy(values: Values, d: number, fill: (copy: Values, at: number) => void): Values {
  const copy = values.slice()
  for (let at = 0; at < copy.length; at += d) fill(copy, at)
  return copy
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
