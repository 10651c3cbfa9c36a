import fc from 'fast-check'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { gaussian } from '../../detectors/gaussian.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { type Whitening, whiten } from '../../detectors/whitening.js'
import { place } from '../../detectors/window-sums.js'
import { correlatedRows, fitRows, relativeError, rowOf } from './samples.js'

type Rows = Float32Array | Float64Array
const dtypes = ['float32', 'float64'] as const
const fitted = { scalars: {}, tensors: {} }

const open = async (whitening: Whitening, dtype: (typeof dtypes)[number]) => {
  const { model, statistics, scores } = scoringGraph(whitening, [{ detector: gaussian, fitted }], place(whitening.d, []), dtype)
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 })
  return async (rows: Float64Array) => {
    const values: Rows = dtype === 'float32' ? Float32Array.from(rows) : rows
    const out = await session.run({ x: new Tensor(dtype, values, [values.length / whitening.d, whitening.d]) })
    return { values: Float64Array.from(values), z: out[statistics].data as Float32Array, scores: out[scores[0]].data as Float32Array }
  }
}

/** Largest relative difference of the graph's scores to the float64 ones. */
const scoreError = (whitening: Whitening, { values, scores }: { values: Float64Array; scores: Float32Array }): number => {
  const expected = Array.from(scores, (_, i) => gaussian.score(fitted, whitening, rowOf(values, whitening.d, i)))
  return Math.max(...expected.map((score, i) => Math.abs(scores[i] - score) / score))
}

describe.each(dtypes)('the scoring graph for %s rows', (dtype) => {
  it.each([1, 3, 64, 128, 129, 300])('reproduces the float64 scores and whitened rows at d = %d', async (d) => {
    const n = 400
    const whitening = await fitRows(correlatedRows(d, n, d, 50), n, d)
    const out = await (await open(whitening, dtype))(correlatedRows(d + 1, 40, d, 50))
    expect(scoreError(whitening, out)).toBeLessThan(1e-5)
    const z = Array.from({ length: 40 }, (_, i) => [...whiten(whitening, rowOf(out.values, d, i))])
    expect(relativeError(out.z, z.flat())).toBeLessThan(1e-5)
  })

  it('keeps its precision far from the origin', async () => {
    const [n, d] = [400, 6]
    const rows = Float64Array.from(Float32Array.from(correlatedRows(1, n, d, 1e6)))
    const whitening = await fitRows(rows, n, d)
    expect(scoreError(whitening, await (await open(whitening, dtype))(rows.slice(0, 60 * d)))).toBeLessThan(1e-5)
  })

  it('scores with fewer reference rows than features, and with constant columns', async () => {
    const [n, d] = [12, 40]
    const rows = correlatedRows(2, n, d).map((value, at) => (at % d === 5 ? 3e38 : at % d === 6 ? 0 : value))
    const whitening = await fitRows(rows, n, d)
    const out = await (await open(whitening, dtype))(correlatedRows(3, 10, d, 1).map((value, at) => (at % d === 5 ? -3e38 : value)))
    expect(scoreError(whitening, out)).toBeLessThan(1e-5)
    for (let i = 0; i < 10; i++) expect([out.z[i * d + 5], out.z[i * d + 6]]).toEqual([0, 0])
  })

  it('stays finite, and agrees, on values that overflow', async () => {
    const [n, d] = [50, 3]
    const rows = correlatedRows(4, n, d, 0, 1e-3).map((value, at) => (at % d === 2 ? 1 : value))
    const whitening = await fitRows(rows, n, d)
    const huge = dtype === 'float32' ? 3e38 : 1e300
    const out = await (await open(whitening, dtype))(Float64Array.of(huge, 0, 0, -huge, huge, -huge, 0, 0, huge, -0, 5e-324, 1))
    expect(out.scores.every(Number.isFinite)).toBe(true)
    expect(scoreError(whitening, out)).toBeLessThan(1e-5)
    expect(out.scores[1]).toBeGreaterThan(1e12)
  })

  it('gives each row the same bits in any batch and any order', async () => {
    for (const d of [5, 33, 150]) {
      const whitening = await fitRows(correlatedRows(5, 300, d), 300, d)
      const score = await open(whitening, dtype)
      const total = 96
      const rows = correlatedRows(6, total, d)
      const whole = await score(rows)
      const batches = fc.uniqueArray(fc.nat(total - 1), { minLength: 1, maxLength: total })
      await fc.assert(
        fc.asyncProperty(batches, async (order) => {
          const out = await score(Float64Array.from(order.flatMap((i) => [...rowOf(rows, d, i)])))
          expect(out.scores).toEqual(Float32Array.from(order, (i) => whole.scores[i]))
          expect(out.z).toEqual(Float32Array.from(order.flatMap((i) => [...whole.z.subarray(i * d, (i + 1) * d)])))
        }),
        { numRuns: 25 },
      )
    }
  })
})
