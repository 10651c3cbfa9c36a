import { afterAll, describe, expect, it } from 'vitest'
import { classes, relative } from '../../detectors/classes.js'
import { gaussian } from '../../detectors/gaussian.js'
import { fitReference } from '../../references/fit.js'
import { LabelCensus } from '../../references/labels.js'
import { RowMemory } from '../../references/row-store.js'
import { uniforms } from '../detectors/samples.js'
import { asRows, fitOptions, normals, openTools } from './synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

const [n, d, count, tested] = [3000, 16, 30, 1000]
const [normal, uniform] = [normals(1), uniforms(101)]
const directions = Array.from({ length: d }, () => Array.from({ length: d }, () => normal() / Math.sqrt(d)))
const scales = Array.from({ length: d }, (_, j) => 0.3 + (1.2 * ((7 * j) % d)) / d)

/** The place of a class. */
function place(): number[] {
  const along = directions.map(() => 1.5 * normal())
  return scales.map((_, j) => along.reduce((sum, value, r) => sum + value * directions[r][j], 0))
}
const places = Array.from({ length: count }, place)

/** The k-th class is k times rarer than the first. */
function anyClass(): number {
  let rest = uniform() * places.reduce((sum, _, k) => sum + 1 / (k + 1), 0)
  let k = 0
  while (k < count - 1 && rest >= 1 / (k + 1)) rest -= 1 / ++k
  return k
}

/** A record of the class at a place: neighbouring features correlate by 0.6. */
function recordAt(at: readonly number[]): number[] {
  let last = normal()
  return at.map((value, j) => {
    last = 0.6 * last + 0.8 * normal()
    return value + scales[j] * last
  })
}

const usual = () => recordAt(places[anyClass()])
const draw = (record: () => number[]) => Array.from({ length: tested }, () => Float64Array.from(record()))

/** Chance that a strange record scores higher than a usual one. */
function auroc(usual: readonly number[], strange: readonly number[]): number {
  const sorted = Float64Array.from(usual).sort()
  const below = (score: number) => {
    let [low, high] = [0, sorted.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (sorted[middle] < score) low = middle + 1
      else high = middle
    }
    return low
  }
  return strange.reduce((sum, score) => sum + below(score), 0) / sorted.length / strange.length
}

describe('classes of a long tail, one label in ten wrong', () => {
  it('sees what is of no class far better than the Gaussian does', async () => {
    const census = new LabelCensus()
    const labels = new Float32Array(n)
    const rows = Float64Array.from(
      Array.from({ length: n }, (_, i) => {
        const k = anyClass()
        labels[i] = census.of(`class ${uniform() < 0.1 ? Math.floor(uniform() * count) : k}`)
        return recordAt(places[k])
      }).flat(),
    )
    const detectors = ['gaussian', 'classes', 'relative']
    const labelled = { ...asRows(rows, d), labels: census.rows(new RowMemory(labels, 1)) }
    const { whitening, detectors: fitted } = await fitReference(labelled, fitOptions(d, { detectors, shrinkage: 'light' }), tools)
    const scorers = [gaussian, classes, relative].map(
      (detector) => (records: readonly Float64Array[]) => records.map((row) => detector.score(fitted[detector.name], whitening, row)),
    )
    const base = draw(usual)
    const between = () => {
      const [a, b] = [places[anyClass()], places[anyClass()]]
      return recordAt(a.map((value, j) => (value + b[j]) / 2))
    }
    const narrow = () => usual().map((value, j) => value + (j === 0 ? 4 * scales[0] : 0))
    const kinds = { 'new class': () => recordAt(place()), between, narrow }
    const found = Object.values(kinds).map((kind) => {
      const records = draw(kind)
      return scorers.map((score) => auroc(score(base), score(records)))
    })
    for (const [byGaussian, byClasses, byRelative] of found) {
      expect(byClasses).toBeGreaterThan(0.9)
      expect(byRelative).toBeGreaterThan(0.85)
      expect(byGaussian).toBeLessThan(0.87)
    }
  })
})
