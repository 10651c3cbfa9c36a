import { beforeAll, describe, expect, it } from 'vitest'
import { type Calibrated, disagreements, fittedOtherwise } from '../../pipelines/agreement.js'
import type { Reference } from '../../references/reference.js'
import { smallReference } from './reference.js'

describe('a configuration and its reference', () => {
  let reference: Reference
  let agreeing: Calibrated
  beforeAll(async () => {
    reference = await smallReference()
    const { window, record, drift } = reference.logic
    agreeing = { detectors: ['hotelling', 'gaussian'], window, alerting: { record, drift }, features: undefined, acceptRefused: false }
  })

  it('agree when all that was calibrated is as it was, whatever the order of the detectors', () => {
    expect(disagreements(agreeing, reference)).toEqual([])
    expect(disagreements({ ...agreeing, features: reference.features }, reference)).toEqual([])
  })

  it.each([
    ['detectors', { detectors: ['gaussian'] }, '["gaussian"]'],
    ['window', { window: { size: 32, hop: 4 } }, '{"size":32,"hop":4,"longer":[]}'],
    [
      'window',
      { window: { by: 'time' as const, size: 600_000, hop: 150_000, least: 20 } },
      '{"size":"10m","hop":"150s","longer":[],"least":20}',
    ],
    ['alerting.record', { alerting: { record: { k: 1, n: 1, gap: 6 }, drift: { k: 1, n: 1, gap: 3 } } }, '{"k":1,"n":1,"gap":6}'],
    ['charts', { charts: ['cusum'] as const }, '["cusum"]'],
    ['features', { features: ['f0', 'f2', 'f1'] }, '["f0","f2","f1"]'],
  ])('disagree on %s, with what each says and the mend', (path, change, said) => {
    const lines = disagreements({ ...agreeing, ...change }, reference)
    expect(lines).toHaveLength(1)
    expect(lines[0].startsWith(`${path} is ${said}, but the reference was calibrated with `)).toBe(true)
    expect(lines[0]).toMatch(/run `driftwatch fit` again with this configuration, or change it back$/)
  })

  it('disagree on what records are, and on nothing else then', () => {
    expect(disagreements({ ...agreeing, detectors: ['angular'], pictures: {} }, reference)).toEqual([
      'decode: records are pictures, but the reference was fitted to vectors: name another as reference.path, or run `driftwatch fit` again with this configuration, or change it back',
    ])
  })

  it('tell every disagreement at once', () => {
    expect(disagreements({ ...agreeing, detectors: [], window: { size: 8, hop: 8 } }, reference)).toHaveLength(2)
  })

  it('differ in whether rows were dropped as possible anomalies, which is told though the reference runs', () => {
    const purged = { ...reference, provenance: { ...reference.provenance, purged: 40 } }
    expect(disagreements(agreeing, purged)).toEqual([])
    expect(fittedOtherwise(false, reference)).toBeUndefined()
    expect(fittedOtherwise(true, purged)).toBeUndefined()
    expect(fittedOtherwise(true, reference)).toMatch(/^reference.unverified is true, but .* to all of its rows.*`driftwatch fit` again/)
    expect(fittedOtherwise(false, purged)).toMatch(/^reference.unverified is false, but .* without 40 rows/)
  })

  it('do without a refused reference, unless it is accepted', () => {
    const refused = { ...reference, selfTest: { ...reference.selfTest, passed: false, worstFeature: 'f2' } }
    expect(disagreements(agreeing, refused)).toEqual([
      expect.stringMatching(/^the reference was REFUSED .*"f2" moved most.*acceptRefused: true/),
    ])
    expect(disagreements({ ...agreeing, acceptRefused: true }, refused)).toEqual([])
  })
})
