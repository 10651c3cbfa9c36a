import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { conditionNumber, factorise } from '../../detectors/linalg.js'
import { multiply, transpose } from '../../detectors/matmul.js'
import { normals, relativeError } from './samples.js'

const identity = (d: number) => Float64Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? 1 : 0))

const positiveDefinite = async (seed: number, d: number): Promise<Float64Array> => {
  const square = Float64Array.from({ length: d * d }, normals(seed))
  const gram = await multiply(square, transpose(square, d, d), d, d, d)
  return gram.map((value, i) => value / d + (i % (d + 1) === 0 ? 0.1 : 0))
}

const diagonal = (values: readonly number[]) => {
  const d = values.length
  return Float64Array.from({ length: d * d }, (_, i) => (i % (d + 1) === 0 ? values[i / (d + 1)] : 0))
}

describe('factorise', () => {
  it('gives L with L L^T = A and W with L W = I, both lower triangular, within and beyond one block', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 60, max: 150 })), async (seed, d) => {
        const a = await positiveDefinite(seed, d)
        const factor = await factorise(a, d, multiply)
        expect(factor).toBeDefined()
        const { lower, inverse } = factor!
        expect(relativeError(await multiply(lower, transpose(lower, d, d), d, d, d), a)).toBeLessThan(1e-13)
        expect(relativeError(await multiply(lower, inverse, d, d, d), identity(d))).toBeLessThan(1e-11)
        for (let i = 0; i < d; i++) for (let j = i + 1; j < d; j++) expect([lower[i * d + j], inverse[i * d + j]]).toEqual([0, 0])
      }),
      { numRuns: 12 },
    )
  })

  it('gives up on a matrix that is not positive definite to working precision, in any block', async () => {
    for (const [d, at] of [
      [3, 2],
      [150, 149],
      [150, 10],
    ]) {
      const values = new Array<number>(d).fill(1)
      for (const pivot of [0, -1, 1e-17]) {
        values[at] = pivot
        expect(await factorise(diagonal(values), d, multiply)).toBeUndefined()
      }
    }
  })
})

describe('conditionNumber', () => {
  it('is the ratio of the extreme eigenvalues', async () => {
    const a = diagonal([3, 0.5, 40, 1])
    expect(conditionNumber(a, (await factorise(a, 4, multiply))!, 4)).toBeCloseTo(80, 9)
  })

  it('is estimated for large matrices', async () => {
    const d = 300
    const a = diagonal(Array.from({ length: d }, (_, i) => (i === 7 ? 50 : i === 200 ? 0.01 : 1 + (i % 5))))
    expect(conditionNumber(a, (await factorise(a, d, multiply))!, d)).toBeCloseTo(5000, 6)
  })
})
