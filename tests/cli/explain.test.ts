import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Matrix, solve } from 'ml-matrix'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { detrend } from '../../calibration/detrend.js'
import { command } from '../../cli/explain.js'
import { gaussian } from '../../detectors/gaussian.js'
import { innovations } from '../../detectors/innovations.js'
import type { Reference } from '../../references/reference.js'
import { config, quoted } from '../config/texts.js'
import { synthetic } from '../references/synthetic.js'
import type { Run } from './capture.js'
import { csvText, writeChanged, writeReference } from './reference.js'
import { runCommand } from './run-command.js'

const d = 3
/** One record detector, whose score can be told without it. */
const watched = ['gaussian', 'hotelling']
let folder: string
let reference: Reference
const bundle = () => join(folder, 'reference')
const explain = (...args: string[]): Promise<Run> => runCommand(command, ...args)

interface Machine {
  record: { place: string; stream?: string; time?: string; recordsBefore?: number }
  budget: { budgetPerDay: number; bar: number }
  detectors: { detector: string; score: number; limit: number; falseAlarmsPerDay: number; pValue: number; rarity: string }[]
  contributions: Contribution[]
  also: { detector: string; contributions: Contribution[] }[]
}
interface Contribution {
  feature: string
  value: number
  mean: number
  sd: number
  sigma: number
  share: number
  constant: boolean
}
async function machine(...args: string[]): Promise<Machine> {
  const run = await explain(...args, '--json')
  expect({ code: run.code, err: run.err }).toEqual({ code: 0, err: '' })
  return JSON.parse(run.out)
}

/** D² by solving a system with the covariance itself. */
function distance({ whitening: { mean, scale, root } }: Reference, row: readonly number[]): number {
  const L = Matrix.from1DArray(d, d, Array.from(root.lower))
  const u = Matrix.columnVector(row.map((value, j) => (value - mean[j]) / scale[j]))
  return u
    .transpose()
    .mmul(solve(L.mmul(L.transpose()), u))
    .get(0, 0)
}

function npy(rows: readonly (readonly number[])[]): Buffer {
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${rows.length}, ${d}), }`
  const header = Buffer.from(`${text.padEnd(117)}\n`)
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length, 0])
  return Buffer.concat([prefix, header, Buffer.from(Float64Array.from(rows.flat()).buffer)])
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-explain-'))
  reference = await writeReference(bundle(), { n: 4000, d, seed: 1 }, 'synthetic', watched)
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('driftwatch explain', () => {
  const row = [3, 80, 215]

  it('gives the squared Mahalanobis distance, and shares that sum to it', async () => {
    const { detectors, contributions, record } = await machine('-r', bundle(), '--record', JSON.stringify(row))
    expect(record).toEqual({ place: 'the given record' })
    expect(detectors).toHaveLength(1)
    expect(detectors[0].score).toBeCloseTo(distance(reference, row), 8)
    expect(contributions.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(detectors[0].score, 8)
    const shares = contributions.map(({ share }) => Math.abs(share))
    expect(shares).toEqual(shares.toSorted((one, other) => other - one))
    const { mean, scale } = reference.whitening
    expect(contributions.find(({ feature }) => feature === 'f1')).toMatchObject({ value: 80, mean: mean[1], sd: scale[1], constant: false })
  })

  it('gives the same for an object, a row of csv, a line of ndjson and a row of npy', async () => {
    const other = [0, 100, 200]
    writeFileSync(join(folder, 'rows.csv'), `host;f2;f0;f1\na;${other[2]};${other[0]};${other[1]}\nb;${row[2]};${row[0]};${row[1]}\n`)
    writeFileSync(
      join(folder, 'rows.ndjson'),
      `{"f0":0,"f1":100,"f2":200,"host":"a"}\n{"f2":${row[2]},"f1":${row[1]},"f0":${row[0]},"host":"b"}\n`,
    )
    writeFileSync(join(folder, 'arrays.ndjson'), `${JSON.stringify(other)}\n ${JSON.stringify(row)}\n`)
    writeFileSync(join(folder, 'rows.npy'), npy([other, row]))
    const expected = (await machine('-r', bundle(), '--record', JSON.stringify(row))).contributions
    const object = await machine('-r', bundle(), '--record', JSON.stringify({ f2: row[2], f0: row[0], f1: row[1], more: 'x' }))
    expect(object.contributions).toEqual(expected)
    for (const file of ['rows.ndjson', 'arrays.ndjson', 'rows.npy']) {
      expect((await machine('-r', bundle(), join(folder, file), '--row', '1')).contributions).toEqual(expected)
    }
    const csv = await machine('-r', bundle(), join(folder, 'rows.csv'), '--row', '1', '--delimiter', ';', '--stream', 'host')
    expect(csv.contributions).toEqual(expected)
    expect(csv.record).toEqual({ place: `${join(folder, 'rows.csv')}/0/1`, stream: 'b' })
  })

  it('reads features from where --features says they stand', async () => {
    const record = JSON.stringify({ data: { f0: row[0], f1: row[1] }, f2: row[2] })
    const { contributions } = await machine('-r', bundle(), '--record', record, '--features', 'data.f0, data.f1, f2')
    expect(contributions).toEqual((await machine('-r', bundle(), '--record', JSON.stringify(row))).contributions)
  })

  it('measures rarity and the limit at the budget', async () => {
    const usual = await machine('-r', bundle(), '--record', '[0, 100, 200]')
    const rare = await machine('-r', bundle(), '--record', '[30, 60, 260]')
    expect(usual.detectors[0].falseAlarmsPerDay).toBeGreaterThan(rare.detectors[0].falseAlarmsPerDay)
    expect(rare.detectors[0].pValue).toBeCloseTo(1 / (reference.calibration.evaluations.gaussian + 1), 12)
    expect(rare.detectors[0].rarity).toMatch(/^rarer than once in/)
    const wide = await machine('-r', bundle(), '--record', '[0, 100, 200]', '--budget', '10/day')
    expect(wide.budget.budgetPerDay).toBe(10)
    expect(wide.detectors[0].limit).toBeLessThan(usual.detectors[0].limit)
    expect(usual.budget.budgetPerDay).toBe(1)
  })

  it('calls a record in the body of the reference usual, at no rate, and never tells a rate above that of the records', async () => {
    const { detectors } = await machine('-r', bundle(), '--record', '[0, 100, 200]')
    expect(detectors[0].pValue).toBeGreaterThan(0.2)
    expect(detectors[0].rarity).toBe('usual')
    expect(detectors[0].falseAlarmsPerDay).toBeLessThanOrEqual(reference.calibration.rowsPerDay)
    expect((await explain('-r', bundle(), '--record', '[0, 100, 200]')).out).toMatch(/\nrarity +usual\n/)
  })

  it('puts the detector first whose p-value is smallest, of equal ones that over its limit by most, and gives the shares of each over it', async () => {
    const several = join(folder, 'several')
    await writeReference(several, { n: 2000, d, seed: 1 }, 'synthetic', ['gaussian', 'near3', 'angular', 'hotelling'])
    for (const record of ['[0.4, 101, 203]', '[1, 104, 190]', '[2.5, 90, 230]', '[30, 60, 260]']) {
      const { detectors, also } = await machine('-r', several, '--record', record)
      const order = detectors.toSorted((one, other) => one.pValue - other.pValue || other.score / other.limit - one.score / one.limit)
      expect(detectors).toEqual(order)
      const over = detectors.slice(1).filter(({ score, limit }) => score > limit)
      expect(also.map(({ detector }) => detector)).toEqual(over.map(({ detector }) => detector))
      also.forEach(({ contributions }, i) => {
        expect(contributions.reduce((sum, { share }) => sum + share, 0) / over[i].score).toBeCloseTo(1, 6)
      })
    }
    const { out } = await explain('-r', several, '--record', '[30, 60, 260]')
    expect(out.match(/^(gaussian|near3|angular)\nfeature /gm)).toEqual(expect.arrayContaining(['gaussian\nfeature ', 'near3\nfeature ']))
  })

  it('prints a table for people, with a bar per feature', async () => {
    const { out } = await explain('-r', bundle(), '--record', '[30, 100, 200]', '--top', '2')
    expect(out).toMatch(/gaussian +score [\d.]+, \d+ times the limit of [\d.]+\n/)
    expect(out).toMatch(/rarity +a limit at this score would open alerts on clean data rarer than once in/)
    expect(out).toMatch(/budget +budget 1\/day, calibrated on 2\.8 days/)
    expect(out).toMatch(/feature +value +reference +deviation +share\nf0 +30\.00 +-?[\d.]+ ± 1\.\d+ +\+2\dσ +\+\d+.* {2}█{24}\n/)
    expect(out).toMatch(/\n1 more +[+−][\d.e-]+\n$/)
  })

  it('says which features never varied, and differ here', async () => {
    const { whitening } = reference
    const scale = whitening.scale.map((value, j) => (j === 1 ? 0 : value))
    const active = whitening.active.map((_, j) => j !== 1)
    await writeChanged(join(folder, 'constant'), reference, { whitening: { ...whitening, scale, active }, constant: ['f1'] })
    const { out } = await explain('-r', join(folder, 'constant'), '--record', '[0, 101, 200]')
    expect(out).toMatch(/note +never varied in the reference, so not scored, but different here: f1/)
    expect(out).toMatch(/f1 +101 .* constant +\+0\n/)
  })

  it('shows names from outside in a harmless form', async () => {
    const features = ['f0\u001b[2J', 'f1\u202e', 'f2\u009b']
    await writeChanged(join(folder, 'hostile'), reference, { features })
    const run = await explain('-r', join(folder, 'hostile'), '--record', '[0, 100, 200]')
    const json = await explain('-r', join(folder, 'hostile'), '--record', '[0, 100, 200]', '--json')
    expect(run.out + json.out).not.toMatch(/\p{Cf}|[^\P{Cc}\n]/u)
    expect(run.out).toContain('f0\\u001b[2J')
    const { contributions }: Machine = JSON.parse(json.out)
    expect(contributions.map(({ feature }) => feature).sort()).toEqual(features)
  })

  it.each([
    [2, 'give --reference', []],
    [2, 'give either a file or --record', ['-r', 'REF']],
    [2, 'give either a file or --record', ['-r', 'REF', 'a.csv', '--record', '[]']],
    [2, '--at needs --config', ['-r', 'REF', '--record', '[1,2,3]', '--at', 'a/0/1']],
    [2, 'with --config say --at', ['-c', 'x.yaml', '--record', '[1,2,3]']],
    [2, 'a rate such as 1/week', ['-r', 'REF', '--record', '[1,2,3]', '--budget', 'often']],
    [2, 'expected a whole number from 0 on', ['-r', 'REF', 'a.csv', '--row', '-1']],
    [2, 'cannot be scored: "$" has 2 values; expected 3 (dimension)', ['-r', 'REF', '--record', '[1,2]']],
    [2, 'feature "f1" is missing (missing_feature)', ['-r', 'REF', '--record', '{"f0":1,"f2":1}']],
    [2, '(undecodable)', ['-r', 'REF', '--record', 'nonsense']],
    [2, '(empty)', ['-r', 'REF', '--record', '']],
    [2, 'names 2 features, but the reference has 3', ['-r', 'REF', '--record', '{}', '--features', 'f0,f1']],
    [2, 'must be one character', ['-r', 'REF', 'DIR/other.csv', '--delimiter', ';;']],
    [2, 'there is no column "f0"; the columns are a, b', ['-r', 'REF', 'DIR/other.csv']],
    [2, 'rows.csv/0/7: there is no such record', ['-r', 'REF', 'DIR/rows.csv', '--delimiter', ';', '--row', '7']],
    [3, 'manifest.json is missing', ['-r', 'DIR/none', '--record', '[1,2,3]']],
    [5, 'ENOENT', ['-r', 'REF', 'DIR/none.csv']],
  ])('exits %i and says "%s"', async (code, message, args) => {
    writeFileSync(join(folder, 'other.csv'), 'a,b\n1,2\n')
    const run = await explain(...args.map((arg) => arg.replace('REF', bundle()).replace('DIR', folder)))
    expect(run.err).toContain(message)
    expect(run).toMatchObject({ code, out: '' })
    expect(run.err).not.toContain('This is not expected')
  })

  it("explains a record of a monitor's own input, with the monitor's codec and budget", async () => {
    const path = join(folder, 'driftwatch.yaml')
    const values = synthetic({ n: 40, d, seed: 2 })
    writeFileSync(join(folder, 'input.csv'), csvText(values, d))
    writeFileSync(
      path,
      config({
        source: `{ file: { path: ${folder}/input.csv, startTime: "2026-01-01T00:00:00Z", interval: 1m } }`,
        decode: '{ csv: {} }',
        reference: `{ path: ${bundle()} }`,
        alerting: '{ falseAlarmsPerDay: 3 }',
        detectors: `[${watched}]`,
        // Secrets of what calls people are not on the laptop of who was called.
        sinks: `[{ slack: { url: ${quoted('env:NOT_SET_HERE')} } }]`,
      }),
    )
    const at = (offset: number | string) => `${folder}/input.csv/0/${offset}`
    const { record, budget, detectors } = await machine('-c', path, '--monitor', 'payments', '--at', at(7))
    expect(record).toEqual({ place: at(7), stream: `${folder}/input.csv-0`, time: '2026-01-01T00:07:00.000Z' })
    expect(budget.budgetPerDay).toBe(3)
    expect(detectors[0].score).toBeCloseTo(distance(reference, Array.from(values.subarray(21, 24))), 8)
    const { out } = await explain('-c', path, '--at', at(7))
    expect(out).toMatch(/\nlimits +those at fit; a run moves its own with the feedback/)
    expect((await explain('-r', bundle(), '--record', '[0, 100, 200]')).out).not.toMatch(/^limits/m)
    for (const [place, message] of [
      [at(40), 'there is no such record'],
      ['elsewhere/0/1', 'the input is'],
      [`${folder}/input.csv/3/1`, 'has partition 0 only'],
      ['nonsense', 'expected topic/partition/offset'],
    ]) {
      const run = await explain('-c', path, '--at', place)
      expect(run.code).toBe(2)
      expect(run.err).toContain(message)
    }
  })
})

describe('a detector that looks at the record before', () => {
  it('is told the one before in the same stream, whatever lies between', async () => {
    const path = join(folder, 'steps')
    const {
      whitening,
      detectors,
      detrend: rate,
    } = await writeReference(path, { n: 4000, d, seed: 1, phi: 0.5 }, 'synthetic', ['innovations'])
    expect(rate).toBe(0)
    const rows = ['a,1,100,200', 'b,9,90,190', 'a,2,101,199']
    writeFileSync(join(folder, 'steps.csv'), ['stream,f0,f1,f2', ...rows].join('\n'))
    const found = await machine('-r', path, join(folder, 'steps.csv'), '--row', '2', '--stream', 'stream')
    const [before, , row] = rows.map((line) => Float64Array.from(line.split(',').slice(1), Number))
    const expected = innovations.score(detectors.innovations, whitening, row, before)
    expect(found.detectors[0].score).toBeCloseTo(expected, 8)
    expect(found.contributions.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(expected, 8)
  })
})

describe('a reference that subtracts a slow mean', () => {
  let wandering: Reference
  const values = synthetic({ n: 2000, d, seed: 1, walk: 0.01 })
  beforeAll(async () => {
    wandering = await writeReference(join(folder, 'wandering'), { n: 10_000, d, seed: 1, walk: 0.01 }, 'synthetic', watched)
    expect(wandering.detrend).toBeGreaterThan(0)
    writeFileSync(join(folder, 'walk.csv'), csvText(values, d))
  })
  const at = (row: number) => machine('-r', join(folder, 'wandering'), join(folder, 'walk.csv'), '--row', String(row))

  it('explains a row around the mean of the rows before it, as a run scores it', async () => {
    const residuals = detrend(values, 2000, d, wandering.detrend)
    for (const row of [1, 1234]) {
      const { detectors, contributions, record } = await at(row)
      const residual = residuals.slice(row * d, (row + 1) * d)
      expect(detectors[0].score).toBeCloseTo(gaussian.score({ scalars: {}, tensors: {} }, wandering.whitening, residual), 8)
      expect(record.recordsBefore).toBe(row)
      for (const { value, mean, sigma, sd } of contributions) expect(value - mean).toBeCloseTo(sigma * sd, 8)
    }
  })

  it('says so, and whether that mean has settled', async () => {
    const run = (row: number) => explain('-r', join(folder, 'wandering'), join(folder, 'walk.csv'), '--row', String(row))
    expect((await run(1990)).out).toMatch(/note +values are compared around the slow mean of the stream, taken from its 1990 records/)
    expect((await run(1990)).out).not.toMatch(/not settled/)
    expect((await run(5)).out).toMatch(/note +a run waits for \d+ records .* has not settled yet/)
  })

  it('cannot explain a record that comes alone', async () => {
    const run = await explain('-r', join(folder, 'wandering'), '--record', '[1,2,3]')
    expect(run).toMatchObject({ code: 2, out: '' })
    expect(run.err).toMatch(/a record by itself says nothing; give it with the records before it: FILE --row/)
  })
})
