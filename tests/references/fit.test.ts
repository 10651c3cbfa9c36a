import { afterAll, describe, expect, it } from 'vitest'
import { newStreamAlarm, step } from '../../calibration/alarm.js'
import { barFor } from '../../calibration/budget.js'
import { conformalP } from '../../calibration/p-value.js'
import { decadesOf } from '../../calibration/rate-map.js'
import { gaussian } from '../../detectors/gaussian.js'
import { hotelling } from '../../detectors/hotelling.js'
import { emptyMoments } from '../../detectors/moments.js'
import { fitReference } from '../../references/fit.js'
import type { FitOptions } from '../../references/fit-options.js'
import { fromFiles, toFiles } from '../../references/manifest.js'
import type { Reference } from '../../references/reference.js'
import { FitRefused } from '../../references/refusal.js'
import { RowFile } from '../../references/row-store.js'
import { openModel } from '../../references/scoring-model.js'
import { fitSummary } from '../../references/summary.js'
import { asRows, fitOptions, names, normals, openTools, type Recipe, synthetic, timed } from './synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

const learn = (recipe: Recipe, changes: Partial<FitOptions> = {}) =>
  fitReference(asRows(synthetic(recipe), recipe.d), fitOptions(recipe.d, changes), tools)

/** Alerts that fresh rows open, by the alarm as it runs live, without feedback. */
async function alertsOn(reference: Reference, values: Float64Array, budgetPerDay: number): Promise<number> {
  const { calibration, whitening, logic, selfTest } = reference
  const d = reference.features.length
  const model = await openModel(
    { moments: async () => emptyMoments(d), whitening, bank: { m: 0, rows: new Float64Array(0) } },
    [gaussian, hotelling],
    'float64',
    tools,
  )
  const rows = asRows(values, d)
  const { scores } = await model.score(rows, { from: 0, to: rows.n, streamFrom: 0, streamTo: rows.n }, logic.window)
  await model.close()
  const { bar } = barFor(calibration, budgetPerDay, selfTest.passed)
  const alarm = newStreamAlarm()
  const params = { bar, logic, relativeClearing: false, decay: 0 }
  let opened = 0
  for (const [kind, detector] of [['record', 'gaussian'] as const, ['drift', 'hotelling'] as const]) {
    for (const score of scores.get(detector) ?? []) {
      const a = decadesOf(calibration.maps[detector], calibration.spanDays)(score)
      if (step(alarm, kind, { a, effect: 1 }, params) === 'opened') opened++
    }
  }
  return opened
}

const budgetWith = (reference: Reference, k: number): number => k / reference.calibration.spanDays

describe('fitReference', () => {
  it('takes no features of vectors for those of pictures, whatever they are called', async () => {
    const features = ['vibration.mean.0', 'vibration.mean.1', 'vibration.logSd.0', 'vibration.logSd.1']
    await expect(learn({ n: 2000, d: 4, seed: 1 }, { features, detectors: ['angular-means'] })).rejects.toThrow(
      'angular-means needs pictures (decode: image)',
    )
  })

  it('learns an i.i.d. reference: no detrending, halves agree, every row scored once', async () => {
    const reference = await learn({ n: 6000, d: 5, seed: 1 })
    expect(reference.detrend).toBe(0)
    expect(reference.selfTest.passed).toBe(true)
    expect(reference.calibration).toMatchObject({ rows: 6000, folds: 10, evaluations: { gaussian: 6000, hotelling: (6000 - 64) / 16 + 1 } })
    expect(reference.calibration.rowsPerDay).toBeCloseTo(86_400, 6)
    expect(reference.provenance).toEqual({
      source: 'synthetic',
      rows: 6000,
      streams: 1,
      from: '1970-01-01T00:00:00.000Z',
      to: '1970-01-01T01:39:59.000Z',
      dropped: 0,
      parts: [],
    })
    expect(reference.constant).toEqual([])
  })

  it('scores held-out rows: D² of new rows averages above d even where n is small against d', async () => {
    const d = 40
    const { calibration } = await learn({ n: 400, d, seed: 2 })
    const median = calibration.quantiles.gaussian[Math.floor(calibration.quantiles.gaussian.length / 2)]
    expect(median).toBeGreaterThan(d)
  })

  it.each([
    ['i.i.d.', 0],
    ['autocorrelated (0.9)', 0.9],
  ])('opens about the budgeted number of alerts on fresh %s data', async (_, phi) => {
    const reference = await learn({ n: 20_000, d: 4, seed: 5, phi })
    const expected = 40 * 2
    const opened = await alertsOn(reference, synthetic({ n: 40_000, d: 4, seed: 105, phi }), budgetWith(reference, 40))
    expect(opened / expected).toBeGreaterThan(0.6)
    expect(opened / expected).toBeLessThan(1.6)
  })

  it('takes off the slowest mean that makes the halves of a wandering reference agree', async () => {
    const reference = await learn({ n: 10_000, d: 4, seed: 1, walk: 0.01 })
    expect(reference.detrend).toBeGreaterThan(0)
    expect(reference.selfTest.passed).toBe(true)
    expect(reference.calibration.rows).toBe(10_000 - 3 / reference.detrend)
    expect(fitSummary(reference).notes.join()).toMatch(/slow mean/)
  })

  it('keeps a reference whose halves disagree, marked as failed, with the feature that moved most', async () => {
    const values = synthetic({ n: 3000, d: 3, seed: 8 })
    for (let i = 2000; i < 3000; i++) values[i * 3 + 2] += 2 * (values[i * 3 + 2] - 200)
    const reference = await fitReference(asRows(values, 3), fitOptions(3), tools)
    expect(reference.selfTest.passed).toBe(false)
    expect(reference.detrend).toBe(1 / 60)
    expect(barFor(reference.calibration, 1, reference.selfTest.passed).status).toBe('REFUSED')

    const shifted = synthetic({ n: 400, d: 3, seed: 8 })
    for (let i = 200; i < 400; i++) shifted[i * 3 + 1] += 6
    const short = await fitReference(asRows(shifted, 3), fitOptions(3), tools)
    expect(short.selfTest).toMatchObject({ passed: false, worstFeature: 'f1' })
    expect(short.detrend).toBe(0)
  })

  it('is fair to references with n near d: on average the halves of i.i.d. rows agree in D²', async () => {
    let sum = 0
    for (const seed of [1, 2, 3, 4, 5, 6]) sum += (await learn({ n: 600, d: 100, seed }, { detectors: ['gaussian'] })).selfTest.s2
    // s2 is the larger of two directions, each 1 on average; fits of unequal size would put it near 0.3.
    expect(sum / 6).toBeGreaterThan(0.8)
    expect(sum / 6).toBeLessThan(1.5)
  })

  it('names constant features and scores without them', async () => {
    const values = synthetic({ n: 2000, d: 3, seed: 9 })
    const widened = new Float64Array(2000 * 4)
    for (let i = 0; i < 2000; i++) widened.set([...values.subarray(i * 3, i * 3 + 2), 7, values[i * 3 + 2]], i * 4)
    const options = (d: number) => fitOptions(d)
    const [narrow, wide] = [
      await fitReference(asRows(values, 3), options(3), tools),
      await fitReference(asRows(widened, 4), options(4), tools),
    ]
    expect(wide.constant).toEqual(['f2'])
    expect(wide.selfTest.s1).toBeCloseTo(narrow.selfTest.s1, 10)
    const budget = budgetWith(narrow, 10)
    expect(barFor(wide.calibration, budget, true).bar).toBeCloseTo(barFor(narrow.calibration, budget, true).bar, 4)
  })

  it.each([
    ['fewer rows than features', { n: 80, d: 100, seed: 10 }],
    ['one feature', { n: 2000, d: 1, seed: 11 }],
  ])('copes with %s', async (_, recipe) => {
    const reference = await learn(recipe, {
      logic: { window: { size: 8, hop: 2 }, record: { k: 1, n: 1, gap: 5 }, drift: { k: 2, n: 3, gap: 4 } },
    })
    const { bar, status } = barFor(reference.calibration, budgetWith(reference, 4), true)
    expect(Number.isFinite(bar)).toBe(true)
    expect(status).toBe('PROVISIONAL')
    expect(reference.whitening.root.lower.every(Number.isFinite)).toBe(true)
  })

  it('copes with 50 rows where no window is scored, and says nothing of windows', async () => {
    const recipe = { n: 50, d: 3, seed: 1 }
    const reference = await learn(recipe, { detectors: ['gaussian', 'near3'] })
    expect(reference.calibration).toMatchObject({ rows: 50, folds: 10, evaluations: { gaussian: 50, near3: 50 } })
    expect(fitSummary(reference).notes.join()).not.toMatch(/window/)
    await expect(learn({ ...recipe, n: 49 }, { detectors: ['gaussian'] })).rejects.toThrow('49 usable rows, at least 50 are needed')
    await expect(learn(recipe)).rejects.toThrow(/4 stretches of at least 16 records .* or leave out the detectors of windows/)
  })

  it('never lets a window or a slow mean cross from one stream into the next', async () => {
    const values = synthetic({ n: 4000, d: 2, seed: 12 })
    const reference = await fitReference(asRows(values, 2, 2), fitOptions(2), tools)
    expect(reference.provenance.streams).toBe(2)
    expect(reference.calibration.evaluations.hotelling).toBe(2 * ((2000 - 64) / 16 + 1))
  })

  it('is a function of rows and options alone: the same version again, another for other rows', async () => {
    const recipe = { n: 1500, d: 3, seed: 13, phi: 0.5 }
    const reference = await learn(recipe)
    expect((await learn(recipe)).version).toBe(reference.version)
    expect((await learn({ ...recipe, seed: 14 })).version).not.toBe(reference.version)
    expect((await learn(recipe, { rowsPerDay: 1e6 })).version).not.toBe(reference.version)
  })

  it('gives the same bar whatever the order of the features', async () => {
    const d = 5
    const values = synthetic({ n: 4000, d, seed: 15, phi: 0.5 })
    const mirrored = Float64Array.from(values, (_, at) => values[at - (at % d) + (d - 1 - (at % d))])
    const [one, other] = [
      await fitReference(asRows(values, d), fitOptions(d), tools),
      await fitReference(asRows(mirrored, d), fitOptions(d), tools),
    ]
    const budget = budgetWith(one, 12)
    expect(barFor(other.calibration, budget, true).bar).toBeCloseTo(barFor(one.calibration, budget, true).bar, 3)
  })

  it('calibrates float32 rows as float64 ones', async () => {
    const values = synthetic({ n: 3000, d: 4, seed: 16 })
    const wide = await fitReference(asRows(values, 4), fitOptions(4), tools)
    const narrow = await fitReference(asRows(Float32Array.from(values), 4), fitOptions(4), tools)
    const budget = budgetWith(wide, 12)
    expect(barFor(narrow.calibration, budget, true).bar).toBeCloseTo(barFor(wide.calibration, budget, true).bar, 2)
  })

  it('takes the declared rate over the event times', async () => {
    const reference = await learn({ n: 1500, d: 2, seed: 17 }, { rowsPerDay: 1500 })
    expect(reference.calibration).toMatchObject({ rowsPerDay: 1500, spanDays: 1 })
  })

  it('tells how far it is, rising to the end', async () => {
    const seen: string[] = []
    await fitReference(asRows(synthetic({ n: 1500, d: 2, seed: 18 }), 2), fitOptions(2), {
      ...tools,
      progress: (phase, done, total) => seen.push(`${phase} ${done}/${total}`),
    })
    expect(seen[0]).toMatch(/^self-test 1\//)
    expect(seen.at(-1)).toBe('calibration 10/10')
  })

  it.each([
    ['steady', {}],
    ['wandering', { walk: 0.02 }],
  ])('learns the same from %s rows in a file as in memory', async (_, recipe) => {
    const d = 3
    const values = synthetic({ n: 12_000, d, seed: 30, ...recipe })
    const rows = asRows(values, d, 2)
    const file = new RowFile('float64', d)
    file.append(values)
    const [kept, filed] = [
      await fitReference(rows, fitOptions(d), tools),
      await fitReference({ ...rows, store: file }, fitOptions(d), tools),
    ]
    file.close()
    expect(filed.version).toBe(kept.version)
    expect(kept.detrend > 0).toBe('walk' in recipe)
  })
})

describe('fitReference refuses', () => {
  const rows = asRows(synthetic({ n: 1500, d: 3, seed: 20 }), 3)
  const constant = asRows(new Float64Array(1500 * 3).fill(4), 3)
  const late = asRows(
    synthetic({ n: 1500, d: 3, seed: 20 }).map((value, at) => (at < 800 * 3 ? 4 : value)),
    3,
  )
  const huge = asRows(
    synthetic({ n: 1500, d: 3, seed: 20 }).map((value) => value * 1e200),
    3,
  )
  const few = asRows(synthetic({ n: 49, d: 3, seed: 20 }), 3)
  const single = asRows(synthetic({ n: 1500, d: 1, seed: 20 }), 1)
  const cutUp = asRows(synthetic({ n: 60, d: 3, seed: 20 }), 3, 2)
  const medium = asRows(synthetic({ n: 600, d: 3, seed: 20 }), 3)
  const short = asRows(synthetic({ n: 100, d: 3, seed: 20 }), 3)

  const byTime = (size: number, least = 20) => ({ ...fitOptions(3).logic, window: { by: 'time' as const, size, hop: size / 4, least } })

  it.each([
    ['dimension', rows, { features: names(4) }, /rows have 3 values, but 4 features/],
    ['rejected', { ...rows, dropped: 1501 }, {}, /1501 of 3001 records could not be used/],
    ['too_few_rows', few, {}, /49 usable rows, at least 50/],
    ['too_few_rows', cutUp, {}, /cannot be cut into 4 stretches of at least 16 records/],
    ['too_few_windows', short, {}, /hold 3 evaluations of a window of 64 records/],
    ['no_time_span', { ...rows, last: rows.first }, {}, /declare rowsPerDay/],
    ['no_time_span', { ...rows, first: NaN, last: NaN }, {}, /declare rowsPerDay/],
    ['no_event_times', rows, { logic: byTime(60_000) }, /windows are cut; decode a time .* number of records/],
    ['no_event_times', { ...timed(rows), first: NaN, last: NaN }, { logic: byTime(60_000), rowsPerDay: 1 }, /no event times/],
    ['too_few_rows', timed(short), { logic: byTime(200_000) }, /cannot be cut into 4 stretches of at least 50s/],
    [
      'too_few_windows',
      timed(rows),
      { logic: byTime(600_000, 550) },
      /hold 6 evaluations of a window of 10m \(hop 150s, at least 550 records\).* longer window.size or a smaller window.least/,
    ],
    ['constant', constant, {}, /none of the 3 features varies/],
    ['constant', late, {}, /varies in most of the reference/],
    ['too_large', huge, {}, /column 0/],
    ['detector', medium, { detectors: ['near3-means'] }, /near3-means needs at least 10 windows of 64 records .*, got [0-9];/],
    ['detector', single, { features: names(1), detectors: ['pca'] }, /at least 2 features that vary/],
  ])('with reason %s', async (reason, data, changes, message) => {
    const refusal = await fitReference(data, fitOptions(3, changes), tools).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(FitRefused)
    expect(refusal).toMatchObject({ reason, message: expect.stringMatching(message) })
  })
})

describe('fitSummary', () => {
  it('says what was learned and what to be aware of', async () => {
    const normal = normals(1)
    const values = Float64Array.from({ length: 400 * 2 }, () => normal())
    const summary = fitSummary(await fitReference(asRows(values, 2), fitOptions(2), tools))
    expect(summary).toMatchObject({ rows: 400, streams: 1, folds: 10, detrend: 0, shrinkage: { method: 'ledoit-wolf', ridge: 0 } })
    expect(summary.condition).toBeGreaterThanOrEqual(1)
    expect(summary.sizing.length).toBeGreaterThan(2)
    expect(summary.notes.join()).toMatch(/a fold holds 0.6 windows of 64 records/)
  })
})

it('leaves slow features out of near3-means, and says which', async () => {
  const wave = (i: number) => Math.sin((2 * Math.PI * i) / 150)
  const values = synthetic({ n: 1200, d: 3, seed: 1 }).map((value, at) => (at % 3 === 1 ? wave(Math.floor(at / 3)) : value))
  const logic = { window: { size: 16, hop: 8 }, record: { k: 1, n: 1, gap: 5 }, drift: { k: 1, n: 1, gap: 3 } }
  const reference = await fitReference(asRows(values, 3), fitOptions(3, { logic, detectors: ['near3-means'] }), tools)
  expect(reference.calibration.evaluations).toEqual({ 'near3-means': (1200 - 16) / 8 + 1 })
  expect(fitSummary(reference).notes).toContain('near3-means leaves out 1 of 3 features, which move too slowly: f1')
})

it('looks at longer windows only where the reference holds many of them', async () => {
  const logic = { window: { size: 16, hop: 4, longer: [64, 128] }, record: { k: 1, n: 1, gap: 5 }, drift: { k: 1, n: 1, gap: 3 } }
  const { logic: learnt } = await learn({ n: 3000, d: 3, seed: 1 }, { logic })
  expect(learnt.window).toEqual({ size: 16, hop: 4, longer: [64] })
})

it('drops a fifth of a reference that is declared unverified, and says so with the price', async () => {
  const reference = await learn({ n: 3000, d: 3, seed: 1 }, { unverified: true })
  expect(reference.calibration.rows).toBe(2400)
  expect(reference.provenance).toMatchObject({ rows: 3000, purged: 600 })
  expect(fromFiles(toFiles(reference))).toEqual(reference)
  expect(fitSummary(reference)).toMatchObject({
    purged: 600,
    notes: expect.arrayContaining([expect.stringMatching(/^600 of 3,000 rows.*only if about so many were anomalies/)]),
  })
})

it('calibrates a purged reference by the rows that were kept: of fresh rows, more than their share are as rare as any kept one', async () => {
  const [clean, purged] = [await learn({ n: 3000, d: 3, seed: 1 }), await learn({ n: 3000, d: 3, seed: 1 }, { unverified: true })]
  const fresh = synthetic({ n: 3000, d: 3, seed: 2 })
  const rare = ({ whitening, detectors, calibration }: Reference) => {
    const p = conformalP(calibration.quantiles.gaussian, calibration.evaluations.gaussian)
    const rows = Array.from({ length: 3000 }, (_, i) => fresh.slice(3 * i, 3 * i + 3))
    return rows.filter((row) => p(gaussian.score(detectors.gaussian, whitening, row)) <= 0.01).length / 3000
  }
  expect(rare(clean)).toBeLessThan(0.02)
  expect(rare(purged)).toBeGreaterThan(0.1)
})
