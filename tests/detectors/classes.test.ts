import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classCentres, classMoments, trusted } from '../../detectors/class-centres.js'
import { classes, relative } from '../../detectors/classes.js'
import type { RecordDetector, ReferenceSummary } from '../../detectors/detector.js'
import { gaussian } from '../../detectors/gaussian.js'
import { mergeLabels } from '../../detectors/labels.js'
import { multiply } from '../../detectors/matmul.js'
import { centresToFitted } from '../../detectors/nearest-centre.js'
import { correlatedRows, normals, relativeError, rowOf, summaryOf, uniforms, unshrunk } from './samples.js'

const d = 3
const places = [0, 0, 0, 12, 0, 3, 0, 12, -3]

/** Rows of three classes in turn, narrow along the last feature. */
function threeClasses(seed: number, n: number): { rows: Float64Array; classOf: Int32Array } {
  const normal = normals(seed)
  const classOf = Int32Array.from({ length: n }, (_, i) => i % 3)
  return {
    rows: Float64Array.from(
      { length: n * d },
      (_, at) => places[classOf[Math.floor(at / d)] * d + (at % d)] + (at % d === 2 ? 0.2 : 1) * normal(),
    ),
    classOf,
  }
}

async function labelled(rows: Float64Array, classOf: Int32Array, k = 3): Promise<ReferenceSummary> {
  const n = classOf.length
  const summary = await summaryOf(rows, n, d)
  const counts = Float64Array.from({ length: k + 1 }, (_, number) => classOf.filter((c) => c === number - 1).length)
  return { ...summary, labels: { counts, classes: await classMoments(summary.bank.rows, classOf, new Float64Array(k * d), d, multiply) } }
}

async function scorer(detector: RecordDetector, summary: ReferenceSummary) {
  const fitted = await detector.fit(summary, multiply)
  return (...row: number[]) => detector.score(fitted, summary.whitening, Float64Array.from(row))
}

describe('classes', () => {
  it('sees what lies between classes, and what is off by the narrow spread within one, which the Gaussian cannot', async () => {
    const { rows, classOf } = threeClasses(1, 600)
    const summary = await labelled(rows, classOf)
    const [score, byAll] = [await scorer(classes, summary), await scorer(gaussian, summary)]
    expect(byAll(4, 4, 0)).toBeLessThan(byAll(13, 1, 3))
    expect(score(4, 4, 0)).toBeGreaterThan(10 * score(13, 1, 3))
    expect(score(0, 0, 2)).toBeGreaterThan(10 * score(13, 1, 3))
  })

  it('is the distance to the nearest mean, of the covariance within classes, and small classes have their means pulled in', async () => {
    const { rows, classOf } = threeClasses(2, 100)
    classOf.forEach((c, i) => {
      if (c === 2 && i > 20) classOf[i] = -1
    })
    const { bank, labels, whitening } = await labelled(rows, classOf)
    const { within, centres } = await classCentres(labels!.classes, whitening.active, multiply)
    const members = [0, 1, 2].map((c) => [...classOf.keys()].filter((i) => classOf[i] === c).map((i) => rowOf(bank.rows, d, i)))
    const means = members.map((own) => own.reduce((sum, row) => sum.map((value, j) => value + row[j] / own.length), new Float64Array(d)))
    const n = members.flat().length
    const covariance = (i: number, j: number) =>
      members.reduce((sum, own, c) => sum + own.reduce((part, row) => part + (row[i] - means[c][i]) * (row[j] - means[c][j]), 0), 0) / n
    for (let i = 0; i < d; i++) {
      for (let j = 0; j <= i; j++) {
        const found = [0, 1, 2].reduce((sum, k) => sum + within.root.lower[i * d + k] * within.root.lower[j * d + k], 0)
        expect(Math.abs(found - covariance(i, j))).toBeLessThan(1.1e-3)
      }
    }
    const pulled = [0, 1, 2].map((c) => Math.hypot(...rowOf(centres, d, c).map((value, j) => value - means[c][j])))
    expect(pulled[2]).toBeGreaterThan(3 * Math.max(pulled[0], pulled[1]))
    expect(pulled[2]).toBeLessThan(0.05)
  })

  it('puts all means in one place where labels say nothing of the features', async () => {
    const n = 300
    const rows = correlatedRows(3, n, d)
    const summary = await labelled(
      rows,
      Int32Array.from({ length: n }, (_, i) => i % 3),
    )
    const [score, byAll] = [await scorer(classes, summary), await scorer(gaussian, summary)]
    for (const i of [0, 7, 150]) expect(score(...rowOf(rows, d, i)) / byAll(...rowOf(rows, d, i))).toBeCloseTo(1, 0)
  })

  it('scores the same whatever the classes are called and however their rows are dealt out to parts', async () => {
    const { rows, classOf } = threeClasses(4, 120)
    const summary = await labelled(rows, classOf)
    const usual = await scorer(classes, summary)
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom([1, 2, 0], [2, 0, 1], [0, 2, 1], [3, 1, 0]),
        fc.integer({ min: 1, max: 119 }),
        async (names, cut) => {
          const renamed = classOf.map((c) => names[c])
          const part = (from: number, to: number) =>
            classMoments(summary.bank.rows.slice(from * d, to * d), renamed.slice(from, to), new Float64Array(4 * d), d, multiply)
          const counts = new Float64Array(5)
          const [one, other] = [await part(0, cut), await part(cut, 120)].map((moments) => ({ counts, classes: moments }))
          const score = await scorer(classes, { ...summary, labels: mergeLabels(one, other) })
          for (const row of [
            [0, 0, 0],
            [4, 4, 0],
            [12, 1, 3],
            [1, 2, 30],
          ])
            expect(relativeError([score(...row)], [usual(...row)])).toBeLessThan(1e-9)
        },
      ),
      { numRuns: 15 },
    )
  })

  it('tells rows with wrong labels from those with right ones', async () => {
    const { rows, classOf } = threeClasses(5, 600)
    const uniform = uniforms(6)
    const given = classOf.map((c) => (uniform() < 0.1 ? (c + 1) % 3 : c))
    const { bank, labels, whitening } = await labelled(rows, classOf)
    const kept = await trusted(await classCentres(labels!.classes, whitening.active, multiply), bank.rows, given, multiply)
    kept.forEach((c, i) => {
      expect(c).toBe(given[i] === classOf[i] ? classOf[i] : -1)
    })
  })
})

describe('relative', () => {
  it('is the difference of the two distances, and 3 for the 3 features that vary', async () => {
    const reference = [
      [0.2, 1.1, -0.3],
      [1.4, 0.3, 0.8],
      [-0.7, 0.4, 0.1],
      [0.9, -1.2, 0.5],
      [-1.1, -0.6, -0.9],
      [0.3, 0.8, 1.2],
      [1, 1.5, -0.4],
      [-0.2, -0.9, 0.6],
      [-1.5, 0.2, -0.7],
      [0.6, -0.4, -1.1],
      [0.1, 0.7, 0.3],
      [-0.8, -1.3, 0.9],
    ]
    const whole = await unshrunk(Float64Array.from(reference.flat()), 12, d)
    const sd = Float64Array.from({ length: d }, (_, j) => Math.hypot(...whole.root.lower.subarray(j * d, (j + 1) * d)))
    const diagonal = (values: Float64Array) => Float64Array.from({ length: d * d }, (_, at) => (at % (d + 1) === 0 ? values[at % d] : 0))
    const background = { ...whole, root: { d, lower: diagonal(sd), inverse: diagonal(sd.map((value) => 1 / value)) } }
    const fitted = centresToFitted({ within: { ...whole, mean: new Float64Array(d) }, k: 1, centres: new Float64Array(d) })
    const x = Float64Array.of(2, -1.5, 1)
    expect(classes.score(fitted, background, x)).toBeCloseTo(10.439046354360489, 9)
    expect(gaussian.score(fitted, background, x)).toBeCloseTo(9.174808274461977, 9)
    expect(relative.score(fitted, background, x)).toBeCloseTo(3 + 1.2642380798985116, 9)
  })

  it('does not count what makes a record unusual for the reference as a whole', async () => {
    const { rows, classOf } = threeClasses(1, 600)
    const summary = await labelled(rows, classOf)
    const [score, byClass] = [await scorer(relative, summary), await scorer(classes, summary)]
    // Far along a direction in which classes do not differ beside one in which they do.
    expect(byClass(0, 0, 8) / byClass(6, 0, 1.5)).toBeGreaterThan(score(0, 0, 8) / score(6, 0, 1.5))
    expect(score(0, 0, 0)).toBeLessThan(2 * d)
  })
})
