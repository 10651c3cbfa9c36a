import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SlowCopy } from '../../calibration/slow-copy.js'
import { disagreements } from '../../pipelines/agreement.js'
import { adaptRows } from '../../references/adapted.js'
import { fitReference } from '../../references/fit.js'
import type { FitTools } from '../../references/fit-options.js'
import { fromFiles, seal, toFiles } from '../../references/manifest.js'
import { checkMergeable } from '../../references/mergeable.js'
import type { Reference } from '../../references/reference.js'
import { asRows, fitOptions, openTools, synthetic } from './synthetic.js'

const d = 2
const rows = (n = 6000, seed = 3) => asRows(synthetic({ n, d, seed }), d, 2)

describe('a reference that adapts', () => {
  let tools: FitTools & { close(): Promise<void> }
  let reference: Reference
  const options = fitOptions(d, { adapt: 0.5 })
  beforeAll(async () => {
    tools = await openTools()
    reference = await fitReference(rows(), options, tools)
  })
  afterAll(() => tools.close())

  it('keeps what copies begin with, and is read back as it was written', () => {
    expect(reference.adaptation).toMatchObject({ recency: 0.5, rows: 6000 })
    expect(reference.detrend).toBe(0)
    expect(fromFiles(toFiles(reference)).adaptation).toEqual(reference.adaptation)
  })

  it('of an earlier release is refused', () => {
    const { version: _, ...content } = reference
    const { quiet: _quiet, ...adaptation } = content.adaptation!
    // @ts-expect-error as it was before spans were judged
    const earlier = seal({ ...content, adaptation })
    expect(() => fromFiles(toFiles(earlier))).toThrow(/field "adaptation.quiet": is missing: an earlier release .*; fit it anew/)
  })

  it('holds out few of its own blocks', async () => {
    const { adaptation } = await adaptRows(rows(64 * 400), 0.1, 'light', tools)
    const again = await adaptRows(rows(64 * 400, 4), 0.1, 'light', tools)
    // Blocks of independent rows: mean 1/64, spread 1/128 per feature; the 99 % point of both is well within. Of spans 1 in 5,000: 3.72 squared.
    for (const { limit, quiet } of [adaptation, again.adaptation]) {
      expect(limit / 4).toBeGreaterThan(1.5 / 64)
      expect(quiet.shift).toBeGreaterThan(13.8)
      expect(quiet.shift).toBeLessThan(25)
    }
    expect(adaptation.limit / again.adaptation.limit).toBeGreaterThan(0.7)
    expect(adaptation.limit / again.adaptation.limit).toBeLessThan(1.4)
    const copy = new SlowCopy(adaptation)
    const fresh = synthetic({ n: 64 * 800, d, seed: 5 })
    for (let at = 0; at < fresh.length; at += d) copy.step(fresh, at)
    expect(copy.copy.heldOut / 800).toBeLessThan(0.04)
  })

  it('knows how the mapped rows are correlated', async () => {
    const { adaptation } = await adaptRows(rows(64 * 400), 0.1, 'light', tools)
    // Each feature is a part of its own and half of a common one: correlation 0.25 / 1.25.
    const rho = 0.2
    for (const [i, value] of [1, -rho, -rho, 1].entries()) expect(adaptation.precision[i]).toBeCloseTo(value / (1 - rho * rho), 1)
  })

  it('allows more where rows depend on those before', async () => {
    const dependent = asRows(synthetic({ n: 64 * 400, d, seed: 3, phi: 0.6 }), d, 2)
    const { adaptation } = await adaptRows(dependent, 0.1, 'light', tools)
    expect(adaptation.quiet.shift).toBeGreaterThan(18)
  })

  it('needs spans to learn from', async () => {
    await expect(fitReference(rows(600), fitOptions(d, { adapt: 0.1 }), tools)).rejects.toThrow(
      /spans of 256 rows.* at least 10 are needed/,
    )
  })

  it('works with a configuration that adapts as it does, and with no other; is not merged', async () => {
    const { logic, features, detectors } = { ...options, ...options.logic, logic: options.logic }
    const config = { detectors, window: logic.window, alerting: logic, features, acceptRefused: true }
    expect(disagreements({ ...config, adapt: { recency: 0.5 } }, reference)).toEqual([])
    expect(disagreements(config, reference)).toEqual([expect.stringMatching(/^adapt.recency is null, but .* with 0.5/)])
    const named = { name: 'a', reference }
    const other = { name: 'b', reference: await fitReference(rows(6000, 9), options, tools) }
    expect(() => checkMergeable([named, other])).toThrow(/adaptation: a was fitted to rows that slow copies had mapped/)
  })
})
