import { afterAll, describe, expect, it } from 'vitest'
import { gaussian } from '../../detectors/gaussian.js'
import type { Whitening } from '../../detectors/whitening.js'
import { fitReference } from '../../references/fit.js'
import { checkGolden, GoldenMismatch, goldenOf } from '../../references/golden.js'
import { FitRefused } from '../../references/refusal.js'
import { asRows, fitOptions, normals, openTools, synthetic } from './synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

const scoreWith = (whitening: Whitening) => async (inputs: Float64Array, rows: number) => {
  const d = whitening.d
  const scores = Float64Array.from({ length: rows }, (_, i) =>
    gaussian.score({ scalars: {}, tensors: {} }, whitening, inputs.slice(i * d, (i + 1) * d)),
  )
  return new Map([['gaussian', scores]])
}

describe('golden scores', () => {
  it('cover the mean, single features and correlated directions', async () => {
    const { golden, whitening } = await fitReference(asRows(synthetic({ n: 1500, d: 6, seed: 1 }), 6), fitOptions(6), tools)
    const { gaussian: scores } = golden.expected
    expect(golden.inputs.length).toBe(golden.rows * 6)
    expect(scores[0]).toBeLessThan(1e-6)
    // Along the correlations D² is the squared length of the pattern; across them it is larger.
    const pattern = [0, 0.5, -1, 4, -3, 1]
    expect(scores[5]).toBeCloseTo(
      pattern.reduce((sum, z) => sum + z * z, 0),
      2,
    )
    expect(new Set(scores).size).toBe(golden.rows)
    expect(goldenOf(whitening, [])).toMatchObject({ expected: {} })
  })

  it('are reproduced by the reference itself, and by no other', async () => {
    const one = await fitReference(asRows(synthetic({ n: 1500, d: 6, seed: 1 }), 6), fitOptions(6), tools)
    await expect(checkGolden(one, scoreWith(one.whitening))).resolves.toBeUndefined()
    const { mean, scale, root } = one.whitening
    const more = (values: Float64Array) => values.map((value) => value * 1.02)
    for (const part of [{ mean: more(mean) }, { scale: more(scale) }, { root: { ...root, inverse: more(root.inverse) } }]) {
      await expect(checkGolden(one, scoreWith({ ...one.whitening, ...part }))).rejects.toThrow(GoldenMismatch)
    }
    await expect(checkGolden(one, async () => new Map())).rejects.toThrow(/detector gaussian scores golden row 0 as undefined/)
    await expect(checkGolden(one, async (_, n) => new Map([['gaussian', new Float64Array(n).fill(NaN)]]))).rejects.toThrow(/as NaN/)
  })

  it('stay reproducible in float32 where the mean is large against the spread', async () => {
    const values = synthetic({ n: 1500, d: 4, seed: 2 }).map((value) => 1e9 + value)
    await expect(fitReference(asRows(values, 4), fitOptions(4), tools)).resolves.toMatchObject({ golden: { tolerance: 1e-3 } })
  })

  it('are reproduced, or the fit refused, where features are nearly combinations of others', async () => {
    for (const noise of [1e-2, 1e-4, 1e-6, 1e-9, 0]) {
      const normal = normals(3)
      const values = new Float64Array(5000 * 3)
      for (let i = 0; i < 5000; i++) {
        const [a, b] = [normal(), normal()]
        values.set([a, b, a + b + noise * normal()], i * 3)
      }
      const outcome = await fitReference(asRows(values, 3), fitOptions(3), tools).catch((error: unknown) => error)
      if (outcome instanceof Error) expect(outcome).toMatchObject({ name: 'FitRefused', reason: 'ill_conditioned' })
      else expect(outcome).toMatchObject({ version: expect.any(String) })
      expect(outcome instanceof FitRefused && noise > 1e-3).toBe(false)
    }
  })
})
