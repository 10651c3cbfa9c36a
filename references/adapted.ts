import { quantile, sorted } from '../calibration/order-statistics.js'
import { type Adaptation, BLOCK, SlowCopy } from '../calibration/slow-copy.js'
import { standardisationOfRows } from './fold-moments.js'
import { FitRefused } from './refusal.js'
import type { Values } from './row-store.js'
import type { Rows } from './rows.js'

/** Rows of the reference as a live stream's slow copy maps them, and what copies begin with. */
export interface AdaptedRows {
  readonly rows: Rows
  readonly adaptation: Adaptation
}

/** Of the reference's blocks the share that is held out for lying farther from the copy than the others. */
const HELD_OUT = 0.01
const LEAST_BLOCKS = 40
/** Rows that are mapped in one step. */
const STEP_ROWS = 4096

/**
 * Lets a slow copy follow each stream of the reference: once to see how far normal blocks are from it, then for good.
 * Throws `FitRefused` for fewer rows than that takes.
 */
export function adaptRows(rows: Rows, recency: number): AdaptedRows {
  const unlimited = { ...standardisationOfRows(rows), recency, rows: rows.n, limit: Number.POSITIVE_INFINITY }
  const distances: number[] = []
  follow(rows, unlimited, (_, distance) => distances.push(...distance))
  if (distances.length < LEAST_BLOCKS) {
    throw new FitRefused(
      'too_few_rows',
      `an adapted reference is learnt from blocks of ${BLOCK} rows of one stream; these rows have ${distances.length} of them, at least ` +
        `${LEAST_BLOCKS} are needed; give more rows, or do not adapt`,
    )
  }
  const adaptation = { ...unlimited, limit: quantile(sorted([Float64Array.from(distances)]), 1 - HELD_OUT) }
  const store = rows.store.another(rows.n)
  follow(rows, adaptation, (values) => store.append(values))
  return { rows: { ...rows, store }, adaptation }
}

/** Maps every stream in steps; tells the distances of the blocks that end in each. */
function follow({ d, store, streams }: Rows, adaptation: Adaptation, take: (values: Values, distances: readonly number[]) => void): void {
  for (const { from, to } of streams) {
    const copy = new SlowCopy(adaptation)
    for (let at = from; at < to; at += STEP_ROWS) {
      const values = store.read(at, Math.min(to, at + STEP_ROWS)).slice()
      const distances: number[] = []
      for (let i = 0; i < values.length; i += d) {
        copy.step(values, i)
        if ((at - from + i / d + 1) % BLOCK === 0) distances.push(copy.distance)
      }
      take(values, distances)
    }
  }
}
