import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnomalyData } from '../../alerts/event.js'
import { command as explain } from '../../cli/explain.js'
import { command as fit } from '../../cli/fit.js'
import { command as merge } from '../../cli/merge.js'
import { command as replay } from '../../cli/replay.js'
import { uniforms } from '../../detectors/random.js'
import { readBundle } from '../../references/bundle.js'
import { config } from '../config/texts.js'
import { normals } from '../references/synthetic.js'
import { runCommand } from './run-command.js'

const kinds = '{ optional: [latency, work], circular: { hour: 24 }, compositional: { work: { parts: [cpu, disk, idle], total: 100 } } }'
const header = 'ts,amount,latency,hour,cpu,disk,idle'
/** By number of the record; all others are normal. */
const faults = new Map<number, string>([
  [200, '40,,3,50,30,20'],
  [400, '10,20,15,50,30,20'],
  [600, '10,20,3,5,5,90'],
  [800, '10,20,3,50,30,30'],
  [900, '40,20,3,,,'],
])

/** Amounts and latencies that go together, hours around 3, shares; a sixth of the latencies and of the shares is missing. */
function lines(seed: number, n: number, changed: ReadonlyMap<number, string> = new Map()): string {
  const [normal, uniform] = [normals(seed), uniforms(seed)]
  const rows = Array.from({ length: n }, (_, i) => {
    const z = normal()
    const powers = [50, 30, 20].map((share) => share * Math.exp(0.2 * normal()))
    const sum = powers.reduce((total, power) => total + power, 0)
    const [latency, shares] = [20 + 3 * z + normal(), powers.map((power) => (100 * power) / sum)].map((value) =>
      uniform() < 1 / 6 ? '' : value,
    )
    const row = changed.get(i) ?? [10 + 2 * z, latency, (27 + 2 * normal()) % 24, shares === '' ? ',,' : shares].join(',')
    return `${new Date(Date.UTC(2026, 0, 1) + 60_000 * i).toISOString()},${row}`
  })
  return `${[header, ...rows].join('\n')}\n`
}

let folder: string
const path = (name: string) => join(folder, name)
const write = (name: string, changes: Readonly<Record<string, string>>) => {
  const source = `{ file: { path: ${path('live.csv')} } }`
  const reference = `{ path: ${path('reference')} }`
  const fields = {
    source,
    reference,
    decode: '{ csv: { time: ts } }',
    detectors: '[gaussian, hotelling]',
    state: '{ memory: {} }',
    kinds,
    ...changes,
  }
  writeFileSync(path(name), config(fields))
  return path(name)
}
let monitor: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-kinds-'))
  writeFileSync(path('normal.csv'), lines(1, 6000))
  writeFileSync(path('live.csv'), lines(2, 1000, faults))
  monitor = write('driftwatch.yaml', {})
  const { code, err } = await runCommand(fit, '--config', monitor, path('normal.csv'))
  expect({ code, err }).toEqual({ code: 0, err: '' })
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a monitor of features of several kinds', () => {
  it('names the feature that is wrong, and never one that is missing', async () => {
    expect((await runCommand(replay, monitor, '-o', path('alerts.ndjson'), '--scores', path('scores.ndjson'))).code).toBe(0)
    const alerts = readFileSync(path('alerts.ndjson'), 'utf8').trim().split('\n')
    const opened = alerts
      .map((line): AnomalyData => JSON.parse(line).data)
      .filter(({ transition, kind }) => transition === 'opened' && kind === 'record')
    const causes = new Map(opened.map(({ origin, contributions }) => [origin.offset, contributions]))
    expect(
      causes
        .get(200)
        ?.map(({ feature }) => feature)
        .sort(),
    ).toEqual(['amount', 'cpu', 'disk', 'hour', 'idle'])
    expect([200, 400, 600, 900].map((offset) => causes.get(offset)?.[0].feature)).toEqual(['amount', 'hour', 'idle', 'amount'])
    expect(causes.get(400)?.[0].value).toBeCloseTo(15, 3)
    expect(causes.get(600)?.[0].value).toBeCloseTo(90, 3)
    expect(
      causes
        .get(900)
        ?.map(({ feature }) => feature)
        .sort(),
    ).toEqual(['amount', 'hour', 'latency'])
    for (const { contributions, evidence } of opened) {
      const sum = contributions.reduce((total, { share }) => total + share, 0)
      expect(Math.abs(sum / evidence.score - 1)).toBeLessThan(1e-4)
    }
    // The 800th is no composition.
    expect(readFileSync(path('scores.ndjson'), 'utf8').trim().split('\n')).toHaveLength(999)
  })

  it('explains a record as the run has scored it', async () => {
    const { out } = await runCommand(explain, '--config', monitor, '--at', `${path('live.csv')}/0/200`, '--json')
    const { record, detectors, contributions } = JSON.parse(out)
    const scored = JSON.parse(readFileSync(path('scores.ndjson'), 'utf8').split('\n')[200])
    expect(record.missing).toEqual(['latency'])
    expect(detectors[0].score / scored.detectors.gaussian.score).toBeCloseTo(1, 4)
    expect(contributions[0]).toMatchObject({ feature: 'amount', value: 40 })
    const given = await runCommand(
      explain,
      '--reference',
      path('reference'),
      '--record',
      '{"amount":10,"hour":23.9,"cpu":1,"disk":2,"idle":3}',
    )
    expect(given.err).toContain('the parts of composition "work" sum to 6; expected 100')
  })

  it.each([
    ['kinds.circular.hour is 12, but the reference was calibrated with 24', kinds.replace('24', '12')],
    ['kinds.optional is ["work"], but the reference was calibrated with ["latency","work"]', kinds.replace('latency, ', '')],
    [
      'kinds.compositional.work is {"parts":["cpu","disk","idle"],"total":100,"tolerance":0.05',
      kinds.replace('100', '100, tolerance: 0.05'),
    ],
  ])('is refused where it does not agree with its reference: %s', async (message, changed) => {
    const { code, err } = await runCommand(replay, write('other.yaml', { kinds: changed }))
    expect(code).toBe(3)
    expect(err).toContain(message)
  })

  it('is not fitted with kinds of what is no feature', async () => {
    const { code, err } = await runCommand(fit, '--config', write('other.yaml', { kinds: '{ circular: { day: 7 } }' }), path('normal.csv'))
    expect(code).toBe(2)
    expect(err).toContain('kinds.circular.day: there is no feature "day"; the features are amount, latency, hour, cpu, disk, idle')
  })

  it('merges with references of the same kinds only', async () => {
    writeFileSync(path('second.csv'), lines(3, 4000))
    const fitted = (name: string, changed: string) =>
      runCommand(fit, '--config', write('second.yaml', { kinds: changed }), path('second.csv'), '-o', path(name))
    await fitted('second', kinds)
    await fitted('third', kinds.replace('24', '12'))
    const merged = await runCommand(merge, path('reference'), path('second'), '--out', path('merged'))
    expect(merged.code).toBe(0)
    expect((await readBundle(path('merged'))).inputs).toEqual((await readBundle(path('reference'))).inputs)
    const refused = await runCommand(merge, path('reference'), path('third'), '--out', path('none'))
    expect(refused.err).toContain('fit both with the same kinds of features')
  })
})
