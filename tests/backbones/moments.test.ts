import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openMoments } from '../../backbones/moments.js'
import { columnStats, standardisationOf, standardise } from '../../detectors/standardisation.js'
import { momentsOf } from '../detectors/plain-moments.js'
import { correlatedRows, relativeError } from '../detectors/samples.js'

describe('moments by ONNX Runtime', () => {
  const scene = fc.record({
    seed: fc.integer(),
    n: fc.integer({ min: 2, max: 80 }),
    d: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(128, 129, 300)),
    offset: fc.constantFrom(0, 1e3),
    dtype: fc.constantFrom('float32' as const, 'float64' as const),
  })

  it('are those of the standardised rows by their definition, one stripe or several', async () => {
    await fc.assert(
      fc.asyncProperty(scene, async ({ seed, n, d, offset, dtype }) => {
        const wide = correlatedRows(seed, n, d, offset)
        const rows = dtype === 'float32' ? Float32Array.from(wide) : wide
        const standardisation = standardisationOf(columnStats(rows, n, d))
        const runner = await openMoments(standardisation, dtype)
        const found = await runner.momentsOf(rows, n)
        await runner.close()
        const expected = await momentsOf(standardise(rows, n, standardisation), n, d)
        expect([found.n, found.d]).toEqual([n, d])
        for (let j = 0; j < d; j++) expect(Math.abs(found.mean[j] - expected.mean[j])).toBeLessThan(1e-12)
        expect(relativeError(found.scatter, expected.scatter)).toBeLessThan(1e-12)
        expect(relativeError([found.quartic], [expected.quartic])).toBeLessThan(1e-12)
        const cubicUnit = expected.quartic ** 0.75
        for (let j = 0; j < d; j++) expect(Math.abs(found.cubic[j] - expected.cubic[j]) / cubicUnit).toBeLessThan(1e-12)
      }),
      { numRuns: 40 },
    )
  })

  it('have no scatter at all in a column that does not vary, whatever its value', async () => {
    const runner = await openMoments({ mean: Float64Array.of(0.3, 7, 0.1), scale: Float64Array.of(0.7, 0, 3) }, 'float64')
    const { mean, scatter } = await runner.momentsOf(Float64Array.of(0.1, 7, 1, 0.1, 7, 2, 0.1, 7, 4), 3)
    await runner.close()
    expect([...scatter.subarray(0, 5)]).toEqual([0, 0, 0, 0, 0])
    expect(mean[0]).toBeCloseTo(-0.2 / 0.7, 12)
    expect(mean[1]).toBe(0)
  })

  it('are clipped as scores are', async () => {
    const standardisation = { mean: Float64Array.of(0), scale: Float64Array.of(1) }
    const runner = await openMoments(standardisation, 'float64')
    const { mean } = await runner.momentsOf(Float64Array.of(1e300, 0), 2)
    await runner.close()
    expect(mean[0]).toBe(5e5)
  })
})
