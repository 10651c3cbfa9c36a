import { type ClassCentres, classCentres, classMoments, trusted } from '../detectors/class-centres.js'
import { emptyLabels, type LabelSummary, mergeLabels } from '../detectors/labels.js'
import type { MatMul } from '../detectors/matmul.js'
import { sample, uniforms } from '../detectors/random.js'
import { standardise } from '../detectors/standardisation.js'
import { expected } from './fold-moments.js'
import { fillerFor } from './gaps.js'
import type { RowLabels } from './labels.js'
import type { Rows } from './rows.js'
import type { Summed } from './summed.js'

/** Rows from which it is learnt what mislabelled ones look like, and the values that these may have. */
const LEARNT_ROWS = 4096
const LEARNT_VALUES = 2 ** 21
/** Without mislabelled rows the classes are tighter, so that more stand out: until no more do, or so many times. */
const MOST_ROUNDS = 10
const STEP_VALUES = 2 ** 20
const SEED = 3

/**
 * Per fold what the labels of its rows say. Which rows are mislabelled is decided once, with all of them: that is all that a held-out row
 * has to do with the fit that scores it.
 */
export async function sumUpLabels(summed: Summed, labels: RowLabels, matmul: MatMul): Promise<LabelSummary[]> {
  const { rows, folds, standardisation, whitening } = summed
  const { d, store } = rows
  const { active } = whitening
  const filler = fillerFor(rows, whitening)
  const read = (from: number, to: number) => standardise(expected(store.read(from, to), d, filler), to - from, standardisation)
  const classes = labels.names.length + 1
  const model = await learn(drawn(rows, labels, read, classes), active, classes, matmul)
  const centres = new Float64Array(classes * d)
  model.classes.forEach((c, i) => {
    centres.set(model.centres.subarray(i * d, (i + 1) * d), c * d)
  })
  const step = Math.max(1, Math.floor(STEP_VALUES / d))
  const summaries: LabelSummary[] = []
  for (const fold of folds) {
    let summary = emptyLabels(centres, d)
    for (const { from, to } of fold) {
      for (let at = from; at < to; at += step) {
        const end = Math.min(to, at + step)
        const numbers = labels.read(at, end)
        const counts = new Float64Array(classes + 1)
        for (const number of numbers) counts[number]++
        const [values, own] = [read(at, end), Int32Array.from(numbers, (number) => number - 1)]
        const kept = await trusted(model, values, own, matmul)
        summary = mergeLabels(summary, { counts, classes: await classMoments(values, kept, centres, d, matmul) })
      }
    }
    summaries.push(summary)
  }
  return summaries
}

/** Some rows (m x d, standardised), and the class of each. */
interface Sample {
  readonly values: Float64Array
  readonly classOf: Int32Array
}

/** Classes of the rows without those that look mislabelled by them. */
async function learn({ values, classOf }: Sample, active: readonly boolean[], classes: number, matmul: MatMul): Promise<ClassCentres> {
  const d = active.length
  let kept = classOf
  let centres = new Float64Array(classes * d)
  for (let round = 1; ; round++) {
    // Twice: where rows are centred by the means of their classes, all their moments are those within classes.
    const { n, sums } = await classMoments(values, kept, centres, d, matmul)
    centres = centres.map((value, at) => value + sums[at] / Math.max(1, n[Math.floor(at / d)]))
    const model = await classCentres(await classMoments(values, kept, centres, d, matmul), active, matmul)
    const next = await trusted(model, values, classOf, matmul)
    if (round === MOST_ROUNDS || next.every((c, i) => c === kept[i])) return model
    kept = next
  }
}

/** Rows of all classes, of each at most as many as lets all together be few: the long tail is not lost beside the large ones. */
function drawn(rows: Rows, labels: RowLabels, read: (from: number, to: number) => Float64Array, classes: number): Sample {
  const { n, d } = rows
  const of: number[][] = Array.from({ length: classes }, () => [])
  const step = Math.max(1, Math.floor(STEP_VALUES / d))
  for (let at = 0; at < n; at += step)
    labels.read(at, Math.min(n, at + step)).forEach((number, i) => {
      if (number > 0) of[number - 1].push(at + i)
    })
  const room = Math.min(LEARNT_ROWS, Math.floor(LEARNT_VALUES / d))
  const most = evenly(
    of.map((members) => members.length),
    room,
  )
  const uniform = uniforms(SEED)
  const chosen = of.flatMap((members, c) => sample(members.length, most, uniform).map((i) => ({ row: members[i], c })))
  const values = new Float64Array(chosen.length * d)
  chosen.forEach(({ row }, i) => {
    values.set(read(row, row + 1), i * d)
  })
  return { values, classOf: Int32Array.from(chosen, ({ c }) => c) }
}

/** The largest number that lets the sizes, cut to it, sum to at most `room`; 1 at least. */
function evenly(sizes: readonly number[], room: number): number {
  const total = (most: number) => sizes.reduce((sum, size) => sum + Math.min(size, most), 0)
  let [low, high] = [1, room + 1]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (total(middle) <= room) low = middle
    else high = middle
  }
  return low
}
