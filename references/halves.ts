import { sorted } from '../calibration/order-statistics.js'
import { type HalfScores, halvesTest } from '../calibration/self-test.js'
import { gaussian } from '../detectors/gaussian.js'
import { hotelling } from '../detectors/hotelling.js'
import { transposedTimes } from '../detectors/linalg.js'
import { merge } from '../detectors/moments.js'
import { inverseTimes } from '../detectors/root.js'
import type { WindowShape } from '../detectors/window-shape.js'
import type { FitOptions, FitTools } from './fit-options.js'
import type { Stretch } from './folds.js'
import type { SelfTest } from './reference.js'
import type { ScoringModel, StretchScores } from './scoring-model.js'
import { extentsOf } from './sub-blocks.js'
import { fitToFolds, type Summed } from './summed.js'

const detectors = [gaussian, hotelling]

/** Do the two halves of the reference agree? The first half of the folds is the first half in time. */
export async function testHalves(summed: Summed, options: FitOptions, tools: FitTools): Promise<SelfTest> {
  const half = summed.folds.length / 2
  const [first, second] = [0, half].map((from) => summed.moments.slice(from, from + half).reduce(merge).mean)
  const difference = first.map((mean, j) => mean - second[j])
  const shift = summed.basis === undefined ? difference : transposedTimes(summed.basis, difference)
  const sides = [await crossScores(summed, 0, options, tools), await crossScores(summed, 1, options, tools)] as const
  const { s1, s2, s3, passed } = halvesTest({
    shift: inverseTimes(summed.whitening.root, shift),
    records: [sides[0].records, sides[1].records],
    windows: [sides[0].windows, sides[1].windows],
    effective: summed.groups?.effective,
  })
  const worst = shift.reduce((most, value, j) => (Math.abs(value) > Math.abs(shift[most]) ? j : most), 0)
  return { s1, s2, s3, passed, worstFeature: options.features[worst] }
}

/**
 * Scores of one half beside those of the other, by fits to the one half alone. A fit to all but one of its folds scores the fold
 * it left out and one fold of the other half: what is compared comes from fits of the same size, so also n near d is fair.
 */
async function crossScores(
  summed: Summed,
  side: 0 | 1,
  options: FitOptions,
  tools: FitTools,
): Promise<{ records: HalfScores; windows: HalfScores }> {
  const { folds } = summed
  const half = folds.length / 2
  const window = testWindow(summed, options.logic.window)
  const heldOut: StretchScores[] = []
  const other: StretchScores[] = []
  for (let i = 0; i < half; i++) {
    const own = side * half + i
    const model = await fitToFolds(summed, (fold) => Math.floor(fold / half) === side && fold !== own, detectors, tools)
    heldOut.push(...(await scoreFold(model, summed, folds[own], window)))
    other.push(...(await scoreFold(model, summed, folds[(1 - side) * half + i], window)))
    await model.close()
    tools.progress?.('self-test', side * half + i + 1, folds.length)
  }
  const pool = (scores: StretchScores[], detector: string) => sorted(scores.map((one) => one.get(detector) ?? new Float64Array(0)))
  const compare = (detector: string): HalfScores => ({ heldOut: pool(heldOut, detector), other: pool(other, detector) })
  return { records: compare(gaussian.name), windows: compare(hotelling.name) }
}

/** Windows per half, without overlap, that it takes to compare tails: a reference with fewer is compared by shorter windows. */
const WINDOWS_PER_HALF = 64
const OVERLAP = 4

/** The window's length where the reference is large; fewer records where it is not. One by time is tested by as many records as it holds on average. */
function testWindow({ rows, folds }: Summed, window: WindowShape): WindowShape {
  const size =
    window.by === 'time' ? (rows.n * window.size) / extentsOf(rows, window).reduce((sum, extent) => sum + extent, 0) : window.size
  const longest = folds.flat().reduce((most, { from, to }) => Math.max(most, to - from), 0)
  const wanted = Math.min(size, rows.n / 2 / WINDOWS_PER_HALF, longest / 2)
  const hop = Math.max(1, Math.floor(wanted / OVERLAP))
  return { size: OVERLAP * hop, hop }
}

async function scoreFold(model: ScoringModel, { rows }: Summed, fold: readonly Stretch[], window: WindowShape): Promise<StretchScores[]> {
  const scores: StretchScores[] = []
  for (const stretch of fold) scores.push((await model.score(rows, stretch, window)).scores)
  return scores
}
