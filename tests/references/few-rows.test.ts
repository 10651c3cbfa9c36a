import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gaussian } from '../../detectors/gaussian.js'
import { fitReference } from '../../references/fit.js'
import { fromFiles, toFiles } from '../../references/manifest.js'
import { mergeReferences } from '../../references/merge.js'
import type { Reference } from '../../references/reference.js'
import { fitToFolds, summaryOf, sumUp } from '../../references/summed.js'
import { asRows, fitOptions, openTools, synthetic } from './synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

/** Fewer rows than features. */
const [n, d] = [120, 150]
const values = synthetic({ n, d, seed: 1 })
const detectors = ['gaussian', 'hotelling', 'angular']
const logic = { window: { size: 8, hop: 2 }, record: { k: 1, n: 1, gap: 5 }, drift: { k: 1, n: 1, gap: 4 } }
const options = fitOptions(d, { detectors, logic })
const distance = (reference: Reference, i: number) =>
  gaussian.score({ scalars: {}, tensors: {} }, reference.whitening, values.slice(i * d, (i + 1) * d))

describe('a reference of fewer rows than features', () => {
  let reference: Reference
  beforeAll(async () => {
    reference = await fitReference(asRows(values, d), options, tools)
  })

  it('holds what the rows span, and is the same when it is read', () => {
    expect(reference.whitening.root.span?.basis).toHaveLength((n - 1) * d)
    expect(fromFiles(toFiles(reference))).toEqual(reference)
  })

  it('knows the moments of its features, for detectors that ask for them', async () => {
    const summed = await sumUp(asRows(values, d), options, tools)
    expect(summed?.basis).toHaveLength((n - 1) * d)
    const { scatter } = await summaryOf(summed!, [], tools.matmul).moments()
    // Standardised rows: the diagonal holds n - 1 for each feature.
    for (let j = 0, at = 0; j < d; at += ++j + 1) expect(scatter[at] / (n - 1)).toBeCloseTo(1, 9)
    await (await fitToFolds(summed!, (fold) => fold > 0, [gaussian], tools)).close()
  })

  it('keeps all of the covariance where a detector looks at the record before', async () => {
    const summed = await sumUp(asRows(values, d), { ...options, detectors: ['innovations'] }, tools)
    expect(summed?.whitening.root.span).toBeUndefined()
    for (const i of [0, 7]) {
      const whole = gaussian.score({ scalars: {}, tensors: {} }, summed!.whitening, values.slice(i * d, (i + 1) * d))
      expect(distance(reference, i) / whole).toBeCloseTo(1, 9)
    }
  })

  it('can be merged with another', async () => {
    const other = await fitReference(asRows(synthetic({ n, d, seed: 2 }), d), options, tools)
    const named = [reference, other].map((one, i) => ({ name: 'ab'[i], reference: one }))
    const { reference: merged } = await mergeReferences(named, undefined, tools)
    const both = Float64Array.of(...values, ...synthetic({ n, d, seed: 2 }))
    const whole = await fitReference(asRows(both, d, 2), { ...options, shrinkage: 'oas' }, tools)
    expect(merged.whitening.n).toBe(whole.whitening.n)
    expect(merged.whitening.mean.every((mean, j) => Math.abs(mean - whole.whitening.mean[j]) < 1e-9 * whole.whitening.scale[j])).toBe(true)
  })
})
