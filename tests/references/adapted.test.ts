import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SlowCopy } from '../../calibration/slow-copy.js'
import { disagreements } from '../../pipelines/agreement.js'
import { adaptRows } from '../../references/adapted.js'
import { fitReference } from '../../references/fit.js'
import type { FitTools } from '../../references/fit-options.js'
import { fromFiles, toFiles } from '../../references/manifest.js'
import { checkMergeable } from '../../references/mergeable.js'
import { asRows, fitOptions, openTools, synthetic } from './synthetic.js'

const d = 2
const rows = (n = 6000, seed = 3) => asRows(synthetic({ n, d, seed }), d, 2)

describe('a reference that adapts', () => {
  let tools: FitTools & { close(): Promise<void> }
  beforeAll(async () => {
    tools = await openTools()
  })
  afterAll(() => tools.close())

  it('keeps what copies begin with, and is read back as it was written', async () => {
    const reference = await fitReference(rows(), fitOptions(d, { adapt: 0.5 }), tools)
    expect(reference.adaptation).toMatchObject({ recency: 0.5, rows: 6000 })
    expect(reference.detrend).toBe(0)
    expect(fromFiles(toFiles(reference)).adaptation).toEqual(reference.adaptation)
  })

  it('holds out about one block in a hundred of its own', () => {
    const { adaptation } = adaptRows(rows(64 * 400), 0.1)
    const again = adaptRows(rows(64 * 400, 4), 0.1)
    // Blocks of independent rows: mean 1/64, spread 1/128 per feature; the 99 % point of both is well within.
    for (const limit of [adaptation.limit, again.adaptation.limit]) expect(limit).toBeGreaterThan(1.5 / 64)
    expect(adaptation.limit / again.adaptation.limit).toBeGreaterThan(0.7)
    expect(adaptation.limit / again.adaptation.limit).toBeLessThan(1.4)
    const copy = new SlowCopy(adaptation)
    const fresh = synthetic({ n: 64 * 800, d, seed: 5 })
    for (let at = 0; at < fresh.length; at += d) copy.step(fresh, at)
    expect(copy.copy.heldOut / 800).toBeGreaterThan(0.002)
    expect(copy.copy.heldOut / 800).toBeLessThan(0.04)
  })

  it('needs blocks to learn from', async () => {
    await expect(fitReference(rows(600), fitOptions(d, { adapt: 0.1 }), tools)).rejects.toThrow(
      /blocks of 64 rows.* at least 40 are needed/,
    )
  })

  it('works with a configuration that adapts as it does, and with no other; is not merged', async () => {
    const options = fitOptions(d, { adapt: 0.5 })
    const reference = await fitReference(rows(), options, tools)
    const { logic, features, detectors } = { ...options, ...options.logic, logic: options.logic }
    const config = { detectors, window: logic.window, alerting: logic, features, acceptRefused: true }
    expect(disagreements({ ...config, adapt: { recency: 0.5 } }, reference)).toEqual([])
    expect(disagreements(config, reference)).toEqual([expect.stringMatching(/^adapt.recency is null, but .* with 0.5/)])
    const named = { name: 'a', reference }
    const other = { name: 'b', reference: await fitReference(rows(6000, 9), options, tools) }
    expect(() => checkMergeable([named, other])).toThrow(/adaptation: a was fitted to rows that slow copies had mapped/)
  })
})
