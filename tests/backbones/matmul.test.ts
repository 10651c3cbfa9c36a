import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FastMatMul, openMatMul } from '../../backbones/matmul.js'
import { factorise } from '../../detectors/linalg.js'
import { multiply, transpose } from '../../detectors/matmul.js'
import { normals, relativeError } from '../detectors/samples.js'

describe('matrix products by ONNX Runtime', () => {
  let fast: FastMatMul
  beforeAll(async () => {
    fast = await openMatMul()
  })
  afterAll(() => fast.close())

  it('equal those in plain JavaScript, small and large', async () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 30, max: 90 }))
    await fc.assert(
      fc.asyncProperty(fc.integer(), size, size, size, async (seed, m, k, n) => {
        const normal = normals(seed)
        const a = Float64Array.from({ length: m * k }, normal)
        const b = Float64Array.from({ length: k * n }, normal)
        expect(relativeError(await fast.multiply(a, b, m, k, n), await multiply(a, b, m, k, n))).toBeLessThan(1e-13)
      }),
      { numRuns: 40 },
    )
  })

  it('factor a matrix as plain JavaScript does', async () => {
    const d = 300
    const square = Float64Array.from({ length: d * d }, normals(1))
    const gram = await fast.multiply(square, transpose(square, d, d), d, d, d)
    const a = gram.map((value, i) => value / d + (i % (d + 1) === 0 ? 0.1 : 0))
    const [quick, plain] = [await factorise(a, d, fast.multiply), await factorise(a, d, multiply)]
    expect(relativeError(quick!.lower, plain!.lower)).toBeLessThan(1e-12)
    expect(relativeError(quick!.inverse, plain!.inverse)).toBeLessThan(1e-12)
  })
})
