import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newStreamAlarm, step } from '../../calibration/alarm.js'
import { barFor } from '../../calibration/budget.js'
import { decadesOf } from '../../calibration/rate-map.js'
import { gaussian } from '../../detectors/gaussian.js'
import { pictureScores } from '../../detectors/picture-scores.js'
import { defaultDetectors, detectors } from '../../detectors/registry.js'
import type { Fitted } from '../../detectors/stored.js'
import { graphOf } from '../../pipelines/fitted.js'
import { mergeBanks } from '../../references/bank.js'
import { fitReference } from '../../references/fit.js'
import type { FitOptions } from '../../references/fit-options.js'
import { fromFiles, seal, toFiles } from '../../references/manifest.js'
import { mergeReferences } from '../../references/merge.js'
import { MergeRefused } from '../../references/mergeable.js'
import type { Reference } from '../../references/reference.js'
import { asRows, fitOptions, names, openTools, synthetic } from './synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

const d = 4
const logic = { window: { size: 32, hop: 8 }, record: { k: 1, n: 1, gap: 10 }, drift: { k: 1, n: 1, gap: 4 } }
const learn = (values: Float64Array, changes: Partial<FitOptions> = {}, streams = 1) =>
  fitReference(asRows(values, d, streams), fitOptions(d, { logic, shrinkage: 'light', detectors: defaultDetectors, ...changes }), tools)
const rowsOf = (seed: number, n: number, shift = 0) => synthetic({ n, d, seed }).map((value, at) => value + (at % d === 2 ? shift : 0))
const join = (...parts: readonly Float64Array[]) => Float64Array.from(parts.flatMap((part) => [...part]))
const named = (...references: readonly Reference[]) => references.map((reference, i) => ({ name: 'abc'[i], reference }))
const merged = async (...references: readonly Reference[]) => (await mergeReferences(named(...references), undefined, tools)).reference

const inputs = { features: names(d), optional: [], circular: {}, compositional: {}, logits: ['f2', 'f3'] }

const gaussianOnly = { detectors: ['gaussian'] }
/** With the rows of its bank, but without the work that near3 makes of them. */
const withBank = { detectors: ['gaussian', 'knn'] }
const small = [rowsOf(1, 800), rowsOf(2, 800)]
let a: Reference
let b: Reference
let plain: Reference
beforeAll(async () => {
  a = await learn(small[0])
  b = await learn(small[1])
  plain = await learn(small[0], gaussianOnly)
})

const numbersOf = ({ scalars, tensors }: Fitted) => ({
  scalars: Object.values(scalars).map(Number),
  // Those of near3 stand in the order of the bank.
  tensors: Object.values(tensors).map(({ data }) => data.toSorted()),
})

describe('a merge', () => {
  it('fits every detector as a fit of all rows does, to 1e-9, where the banks hold all rows', async () => {
    const [one, whole] = [await merged(a, b), await learn(join(...small), {}, 2)]
    for (const name of defaultDetectors) {
      const [got, expected] = [numbersOf(one.detectors[name]), numbersOf(whole.detectors[name])]
      got.scalars.forEach((value, i) => {
        expect(value / expected.scalars[i], name).toBeCloseTo(1, 9)
      })
      got.tensors.forEach((data, i) => {
        data.forEach((value, j) => {
          expect(Math.abs(value - expected.tensors[i][j]), name).toBeLessThan(1e-9)
        })
      })
    }
    expect(one.whitening.condition).toBeCloseTo(whole.whitening.condition, 6)
    expect(one.calibration).toMatchObject({ rows: 1600, folds: 20, evaluations: { gaussian: 1600 } })
    expect(one.selfTest.passed).toBe(true)
  })

  it('says what it was merged from, whatever the order and grouping', async () => {
    const c = await learn(rowsOf(3, 1000), { unverified: true })
    const one = await merged(a, b, c)
    expect((await merged(c, a, b)).version).toBe(one.version)
    expect(one.provenance).toMatchObject({ source: 'a merge of 3 references', rows: 2600, streams: 3, dropped: 0, purged: 200 })
    const grouped = await merged(await merged(a, c), b)
    const versions = (reference: Reference) => reference.provenance.parts.map(({ version }) => version).sort()
    expect(versions(grouped)).toEqual([a, b, c].map(({ version }) => version).sort())
    expect(versions(one)).toEqual(versions(grouped))
    grouped.whitening.root.lower.forEach((value, i) => {
      expect(value).toBeCloseTo(one.whitening.root.lower[i], 9)
    })
    expect(grouped.calibration.rowsPerDay).toBeCloseTo(one.calibration.rowsPerDay, 6)
  })

  it('is a reference like any other: written, read, and made into the live graph', async () => {
    const one = await merged(a, b)
    expect(fromFiles(toFiles(one))).toEqual(one)
    expect(graphOf(one, 'float32').model.length).toBeGreaterThan(0)
  })

  it('knows which columns are logits', async () => {
    const options = { detectors: ['vim'], inputs }
    const [one, whole] = [
      await merged(await learn(small[0], options), await learn(small[1], options)),
      await learn(join(...small), options, 2),
    ]
    const alpha = ({ detectors: { vim } }: Reference) => Number(vim.scalars.alpha)
    expect(alpha(one) / alpha(whole)).toBeCloseTo(1, 9)
    await expect(merged(await learn(small[0], options), a)).rejects.toThrow('fit both with the same kinds of features')
  })

  it('fits every detector that there is, but those that need labels, the record before, means of windows, or pictures', async () => {
    const merges = detectors.filter(
      ({ name, labels, usesPrevious, usesWindowMeans, usesDegraded, usesTrained }) =>
        labels === undefined &&
        !usesPrevious &&
        !usesWindowMeans &&
        !usesDegraded &&
        !usesTrained &&
        !['angular-means', 'levels', ...Object.keys(pictureScores)].includes(name),
    )
    const every = { detectors: merges.map(({ name }) => name), inputs }
    const one = await merged(await learn(rowsOf(1, 240), every), await learn(rowsOf(2, 240), every))
    expect(fromFiles(toFiles(one)).version).toBe(one.version)
    expect(Object.keys(one.detectors).sort()).toEqual([...every.detectors].sort())
  })

  it('takes the records per day of the parts together, or as declared', async () => {
    expect((await merged(a, b)).calibration.rowsPerDay).toBeCloseTo(2 * 86_400, 4)
    const declared = await mergeReferences(named(a, b), 1600, tools)
    expect(declared.reference.calibration).toMatchObject({ rowsPerDay: 1600, spanDays: 1 })
  })

  it('keeps rows in proportion to those of the parts', async () => {
    const one = await merged(await learn(small[0], withBank), await learn(rowsOf(7, 4000), withBank))
    expect(one.bank?.m).toBe(2000)
    const scores = await merged(plain, await learn(small[1], gaussianOnly))
    expect(scores.bank).toBeUndefined()
  })

  it('opens about the budgeted number of alerts on fresh data of both parts', async () => {
    const one = await merged(await learn(rowsOf(11, 20_000), gaussianOnly), await learn(rowsOf(12, 20_000), gaussianOnly))
    const { calibration, whitening, selfTest } = one
    const { bar } = barFor(calibration, 40 / calibration.spanDays, selfTest.passed)
    const decades = decadesOf(calibration.maps.gaussian, calibration.spanDays)
    const alarm = newStreamAlarm()
    const fresh = rowsOf(13, 80_000)
    let opened = 0
    for (let i = 0; i < 80_000; i++) {
      const score = gaussian.score(one.detectors.gaussian, whitening, fresh.slice(i * d, (i + 1) * d))
      const outcome = step(alarm, 'record', { a: decades(score), effect: 1 }, { bar, logic, relativeClearing: false, decay: 0 })
      if (outcome === 'opened') opened++
    }
    expect(opened / 80).toBeGreaterThan(0.6)
    expect(opened / 80).toBeLessThan(1.6)
  })
})

describe('the banks of several parts', () => {
  /** m rows of one value each, drawn from n. */
  const part = (value: number, m: number, n: number) => ({ n, bank: { m, rows: new Float64Array(m).fill(value) } })
  const counted = (parts: Parameters<typeof mergeBanks>[0]) => {
    const { m, rows } = mergeBanks(parts, 1)
    expect(rows).toHaveLength(m)
    return parts.map(({ bank }) => rows.filter((value) => value === bank.rows[0]).length)
  }

  it('give rows in proportion to the parts, 2,000 together', () => {
    expect(counted([part(1, 2000, 30_000), part(2, 2000, 10_000)])).toEqual([1500, 500])
    expect(counted([part(1, 2000, 1e7), part(2, 60, 60)])).toEqual([2000, 0])
    expect(counted([part(1, 2000, 2000), part(2, 2000, 2000), part(3, 2000, 2000)]).sort()).toEqual([666, 667, 667])
  })

  it('give all rows where they hold all, and fewer than 2,000 where one holds too few for its share', () => {
    expect(counted([part(1, 700, 700), part(2, 1300, 1300)])).toEqual([700, 1300])
    expect(counted([part(1, 500, 30_000), part(2, 2000, 10_000)])).toEqual([500, 166])
  })
})

describe('parts that disagree', () => {
  it('by their means fail the self-test, with the feature that differs', async () => {
    const { reference, comparisons } = await mergeReferences(named(plain, await learn(rowsOf(2, 800, 6), gaussianOnly)), undefined, tools)
    expect(reference.selfTest).toMatchObject({ passed: false, worstFeature: 'f2' })
    expect(comparisons).toMatchObject([{ between: ['a', 'b'], passed: false, worstFeature: 'f2' }])
    expect(comparisons[0].s1).toBeGreaterThan(0.3)
  })

  it('by their spread alone are found out by the rows that each kept', async () => {
    const wide = rowsOf(2, 800).map((value, at) => 100 * (at % d) + 2 * (value - 100 * (at % d)))
    const { reference, comparisons } = await mergeReferences(
      named(await learn(small[0], withBank), await learn(wide, withBank)),
      undefined,
      tools,
    )
    expect(comparisons[0].s1).toBeLessThan(0.3)
    expect(comparisons[0].s2).toBeGreaterThan(1.6)
    expect(reference.selfTest.passed).toBe(false)
  })

  it('agree where they are alike', async () => {
    const { comparisons } = await mergeReferences(named(a, b), undefined, tools)
    expect(comparisons[0].passed).toBe(true)
  })
})

describe('a merge refuses', () => {
  const changed = ({ version: _, ...content }: Reference, changes: Partial<Reference>) => seal({ ...content, ...changes })
  const constantAt = (value: number) =>
    learn(
      small[1].map((one, at) => (at % d === 1 ? value : one)),
      gaussianOnly,
    )

  it.each<[string, () => Promise<readonly Reference[]>, RegExp]>([
    ['one reference', async () => [a], /1 reference to merge, expected at least 2/],
    ['the same twice', async () => [a, a], /both a and b hold reference [0-9a-f]{16}/],
    ['a part twice', async () => [a, await merged(a, b)], /both a and b hold reference/],
    [
      'other features',
      async () => [a, changed(b, { features: ['f0', 'f1', 'f2', 'x'] })],
      /features: "f3" only in a; "x" only in b; fit both/,
    ],
    [
      'another order',
      async () => [a, changed(b, { features: ['f0', 'f1', 'f3', 'f2'] })],
      /features: the order differs, from "f2" in a and "f3"/,
    ],
    ['other detectors', async () => [a, plain], /detectors: .* only in a; fit both/],
    [
      'another window',
      async () => [a, changed(b, { logic: { ...logic, window: { size: 64, hop: 8 } } })],
      /logic.window: "32 records every 8" only in a; "64 records every 8" only in b/,
    ],
    [
      'windows by time',
      async () => [a, changed(b, { logic: { ...logic, window: { by: 'time', size: 32_000, hop: 8000, least: 9 } } })],
      /logic.window: "32 records every 8" only in a; "32s every 8s of at least 9 records" only in b/,
    ],
    ['another gap', async () => [a, changed(b, { logic: { ...logic, drift: { k: 1, n: 1, gap: 9 } } })], /logic.drift: .*alerting.drift/],
    ['another slow mean', async () => [a, changed(b, { detrend: 0.01 })], /detrend: 0 in a, 0.01 in b/],
    [
      'another shrinkage',
      async () => [plain, await learn(small[1], { shrinkage: 'oas', ...gaussianOnly })],
      /whitening.method: "light" in a, "oas" in b/,
    ],
    ['other constant features', async () => [plain, await constantAt(5)], /constant: "f1" only in b; a feature that never varied/],
    [
      'features constant at other values',
      async () => [await constantAt(5), await constantAt(6)],
      /feature "f1" never varied .* 5 in \w, 6 in \w|6 in \w, 5 in \w/,
    ],
    [
      'a detector of pairs of records',
      async () => [
        await learn(small[0], { detectors: ['gaussian', 'innovations'] }),
        await learn(small[1], { detectors: ['gaussian', 'innovations'] }),
      ],
      /detectors: \w has innovations, which is fitted on pairs of records/,
    ],
    [
      'a detector of means of windows',
      async () => [
        await learn(small[0], { detectors: ['gaussian', 'near3-means'] }),
        await learn(small[1], { detectors: ['gaussian', 'near3-means'] }),
      ],
      /detectors: \w has near3-means, which is fitted on means of windows/,
    ],
    ['one without its rows', async () => [a, changed(b, { bank: undefined })], /bank: b has kept no rows, which detector near3/],
    [
      'one shrunk to nothing',
      async () => [a, changed(b, { whitening: { ...b.whitening, shrinkage: 1 } })],
      /whitening.shrinkage: that of b is 1/,
    ],
  ])('%s', async (_, parts, message) => {
    const refusal = await mergeReferences(named(...(await parts())), undefined, tools).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(MergeRefused)
    expect(refusal).toMatchObject({ message: expect.stringMatching(message) })
  })
})
