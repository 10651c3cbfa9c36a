import { describe, expect, it } from 'vitest'
import { openMatMul } from '../../backbones/matmul.js'
import { openMoments } from '../../backbones/moments.js'
import { fitReference } from '../../references/fit.js'
import { momentsOfRows, standardisationOfRows } from '../../references/fold-moments.js'
import { checkGaps, learnGaps } from '../../references/gaps.js'
import { fromFiles, seal, toFiles } from '../../references/manifest.js'
import type { Rows } from '../../references/rows.js'
import { asRows, fitOptions, names, normals, openTools, synthetic } from './synthetic.js'

const rowsOf = (values: Float64Array, d: number, optional: readonly number[]): Rows => ({ ...asRows(values, d), optional })

/** What is learnt of the rows, in raw units. */
async function learnt(rows: Rows) {
  const products = await openMatMul()
  const standardisation = standardisationOfRows(rows)
  const runner = await openMoments(standardisation, 'float64')
  const filler = await learnGaps(rows, standardisation, 'light', runner, products.multiply)
  const { mean, scatter } = await momentsOfRows(rows, rows.streams, runner, filler)
  await runner.close()
  await products.close()
  const { scale } = standardisation
  return {
    mean: mean.map((value, j) => standardisation.mean[j] + scale[j] * value),
    covariance: [scatter[0] * scale[0] ** 2, scatter[1] * scale[0] * scale[1], scatter[2] * scale[1] ** 2].map((sum) => sum / rows.n),
  }
}

describe('a reference with gaps', () => {
  it('has the maximum likelihood moments: for one feature that is missing those of Anderson (1957)', async () => {
    const n = 4000
    const normal = normals(7)
    const values = new Float64Array(2 * n)
    for (let i = 0; i < n; i++) {
      const x = 5 + 2 * normal()
      // Missing where x is high: the mean of those that are there is biased.
      values.set([x, x > 6 ? Number.NaN : 1 + 0.8 * x + normal()], 2 * i)
    }
    const all = Array.from({ length: n }, (_, i) => [values[2 * i], values[2 * i + 1]])
    const whole = all.filter(([, y]) => !Number.isNaN(y))
    const mean = (of: readonly number[][], j: number) => of.reduce((sum, row) => sum + row[j], 0) / of.length
    const product = (of: readonly number[][], i: number, j: number) =>
      of.reduce((sum, row) => sum + (row[i] - mean(of, i)) * (row[j] - mean(of, j)), 0) / of.length
    const slope = product(whole, 0, 1) / product(whole, 0, 0)
    const residual = product(whole, 1, 1) - slope * product(whole, 0, 1)
    const found = await learnt(rowsOf(values, 2, [1]))
    const expected = mean(whole, 1) + slope * (mean(all, 0) - mean(whole, 0))
    expect(Math.abs(found.mean[1] - expected)).toBeLessThan(0.01)
    expect(Math.abs(mean(whole, 1) - expected)).toBeGreaterThan(0.3)
    const [xx, xy, yy] = found.covariance
    expect(xx).toBeCloseTo(product(all, 0, 0), 9)
    // Up to the light shrinkage.
    expect(Math.abs(xy / (slope * product(all, 0, 0)) - 1)).toBeLessThan(0.01)
    expect(Math.abs(yy / (residual + slope ** 2 * product(all, 0, 0)) - 1)).toBeLessThan(0.01)
  })

  it('is refused where a feature, or a pair of them, is there too seldom', () => {
    const values = synthetic({ n: 200, d: 3, seed: 1 })
    const without = (lacks: (row: number, column: number) => boolean) =>
      rowsOf(
        values.map((value, at) => (lacks(Math.floor(at / 3), at % 3) ? Number.NaN : value)),
        3,
        [1, 2],
      )
    expect(() =>
      checkGaps(
        without((row, column) => column === 1 && row < 120),
        names(3),
      ),
    ).toThrow('feature "f1" is missing in 120 of 200 rows; expected it in at least half of them')
    expect(() =>
      checkGaps(
        without((row, column) => (column === 1 && row < 90) || (column === 2 && row >= 100)),
        names(3),
      ),
    ).toThrow('features "f1" and "f2" are there together in 10 rows, at least 30 are needed')
    expect(() =>
      checkGaps(
        without((row, column) => column > 0 && row % 3 === 0),
        names(3),
      ),
    ).not.toThrow()
  })

  it('keeps its kinds in the bundle, and is the same for the same rows', async () => {
    const d = 3
    const values = synthetic({ n: 2000, d, seed: 4 })
    for (let i = 0; i < 2000; i += 7) values[i * d + 2] = Number.NaN
    const inputs = { features: names(d), optional: ['f2'], circular: {}, compositional: {} }
    const tools = await openTools()
    const made = () => fitReference({ ...asRows(values.slice(), d, 1, 60), optional: [2] }, fitOptions(d, { inputs }), tools)
    const reference = await made()
    expect((await made()).version).toBe(reference.version)
    await tools.close()
    const back = fromFiles(toFiles(reference))
    expect(back).toEqual(reference)
    expect(back.inputs).toEqual(inputs)
    const { version: _, ...content } = reference
    const other = seal({ ...content, inputs: { ...inputs, circular: { f0: 24 } } })
    expect(() => fromFiles(toFiles(other))).toThrow(/field "inputs": expected inputs whose columns are the features/)
  })
})
