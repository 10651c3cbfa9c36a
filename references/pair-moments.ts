import type { MomentsRunner, OpenMoments } from '../backbones/moments.js'
import { emptyMoments, type Moments, merge } from '../detectors/moments.js'
import type { Standardisation } from '../detectors/standardisation.js'
import type { GapFiller } from '../kinds/gaps.js'
import { completed, stepRows } from './fold-moments.js'
import type { Folds } from './folds.js'
import { allocate } from './row-store.js'
import type { Range, Rows } from './rows.js'

/** Per fold the moments of its standardised pairs of consecutive rows: 2 d columns, the row before first. Gaps are filled as live. */
export async function momentsOfPairs(
  rows: Rows,
  folds: Folds,
  { mean, scale }: Standardisation,
  openMoments: OpenMoments,
  filler: GapFiller | undefined,
): Promise<Moments[]> {
  const twice = { mean: Float64Array.of(...mean, ...mean), scale: Float64Array.of(...scale, ...scale) }
  const runner = await openMoments(twice, rows.store.dtype)
  const moments: Moments[] = []
  for (const fold of folds) moments.push(await ofStretches(rows, fold, runner, filler))
  await runner.close()
  return moments
}

/** No pair crosses the edge of a stretch; those of many short ones take one step together. */
async function ofStretches({ d, store }: Rows, ranges: readonly Range[], runner: MomentsRunner, filler?: GapFiller): Promise<Moments> {
  const room = stepRows(2 * d)
  const pairs = allocate(store.dtype, room * 2 * d)
  let moments = emptyMoments(2 * d)
  let held = 0
  const sumUp = async () => {
    if (held > 0) moments = merge(moments, await runner.momentsOf(pairs.subarray(0, held * 2 * d), held))
    held = 0
  }
  for (const { from, to } of ranges) {
    for (let at = from; at + 1 < to; ) {
      const count = Math.min(to - 1 - at, room - held)
      const values = completed(store.read(at, at + count + 1), d, filler, at)
      for (let i = 0; i < count; i++) pairs.set(values.subarray(i * d, (i + 2) * d), (held + i) * 2 * d)
      held += count
      at += count
      if (held === room) await sumUp()
    }
  }
  await sumUp()
  return moments
}
