import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { configuration } from '../../cli/configuration.js'
import { metered, type Tried } from '../../cli/doctor/tries.js'
import type { MonitorConfig } from '../../config/monitor.js'
import { config } from '../config/texts.js'

const folder = mkdtempSync(join(tmpdir(), 'driftwatch-tries-'))
const record = join(folder, 'reference.tries.ndjson')
beforeEach(() => rmSync(record, { force: true }))
afterAll(() => rmSync(folder, { recursive: true }))

function monitor(fields: Readonly<Record<string, string>> = {}, reference = 'reference'): MonitorConfig {
  const path = join(folder, 'driftwatch.yaml')
  writeFileSync(path, config({ reference: `{ path: ${folder}/${reference} }`, ...fields }))
  return configuration(path).monitors[0]
}
const withBudget = (perDay: number) => monitor({ alerting: `{ falseAlarmsPerDay: ${perDay} }` })

const day = 86_400_000
/** Tries on so many days since a day, of a budget that allows K = 15 and opened 15. */
const tried = (from = 0, days = 15, source = '/data/normal.csv'): Tried => {
  const start = Date.UTC(2026, 0, 1) + from * day
  return { source, span: [start, start + days * day - 1], k: 15, days, opened: 15 }
}
const tryOf = async (config: MonitorConfig, what: Tried) => /^try (\d+) on/.exec((await metered(config, what)).line)?.[1]

describe('tries of doctor --null', () => {
  test('are counted by setting, and widen the interval of the rate', async () => {
    const first = await metered(withBudget(1), tried())
    expect(first.level).toBe('ok')
    // Garwood's 90 % interval of 15: 9.246 to 23.097.
    expect(first.line).toMatch(/^try 1 on these data, of 25 that they can answer at this budget: the true rate is 0\.62 to 1\.5\/day/)
    expect(await tryOf(withBudget(1), tried())).toBe('1')
    for (let i = 2; i <= 25; i++) expect(await tryOf(withBudget(i), tried())).toBe(String(i))
    const again = await metered(withBudget(1), tried())
    // The interval of 25 tries, 6.231 to 29.949, ends just below twice the budget.
    expect(again).toMatchObject({ level: 'ok', line: expect.stringContaining('try 25 on these data, of 25') })
    expect(again.line).toContain('the true rate is 0.42 to 2/day, all tries counted')
  })

  test('are spent when the interval no longer tells the budget from twice the budget', async () => {
    for (let i = 1; i <= 25; i++) await metered(withBudget(i), tried())
    const spent = await metered(withBudget(26), tried())
    expect(spent).toMatchObject({ level: 'warn', mend: expect.stringContaining('clean days that no try has seen') })
    expect(spent.line).toContain('try 26 on these data, of 25')
    expect(await metered(withBudget(26), tried(15))).toMatchObject({ level: 'ok', line: expect.stringContaining('try 1 on') })
  })

  test('are of another setting where the fit is, and of no other where nothing is that decides', async () => {
    expect(await tryOf(monitor(), tried())).toBe('1')
    expect(await tryOf(monitor({ shrinkage: 'light' }), tried())).toBe('2')
    expect(await tryOf(monitor({ reference: `{ path: ${folder}/reference, unverified: true }` }), tried())).toBe('3')
    expect(await tryOf(monitor({ sinks: '[{ stdout: {} }]', state: '{ memory: {} }' }), tried())).toBe('3')
  })

  test('are on the same data while source and days overlap', async () => {
    expect(await tryOf(withBudget(1), tried(0))).toBe('1')
    expect(await tryOf(withBudget(2), tried(10))).toBe('2')
    expect(await tryOf(withBudget(3), tried(20))).toBe('2')
    expect(await tryOf(withBudget(3), tried(0, 15, '/data/other.csv'))).toBe('1')
    const timeless = { ...tried(0, 15, '/data/rows.npy'), span: [Number.NaN, Number.NaN] as const }
    expect(await tryOf(withBudget(1), timeless)).toBe('1')
    expect(await tryOf(withBudget(2), timeless)).toBe('2')
  })

  test('stand as one line each beside the reference', async () => {
    await metered(withBudget(1), tried())
    await metered(withBudget(2), tried())
    const lines = readFileSync(record, 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual(
      [1, 2].map((budgetPerDay) => ({
        time: expect.stringMatching(/^20\d\d-/),
        setting: expect.stringMatching(/^[0-9a-f]{12}$/),
        source: '/data/normal.csv',
        from: '2026-01-01T00:00:00.000Z',
        to: '2026-01-15T23:59:59.999Z',
        budgetPerDay,
        realisedPerDay: 1,
      })),
    )
  })

  test('that cannot be read or written are told, not guessed', async () => {
    writeFileSync(record, '{"time":1}\n')
    expect(await metered(monitor(), tried())).toMatchObject({ level: 'warn', line: expect.stringContaining('tries.ndjson, line 1 is not') })
    const nowhere = await metered(monitor({}, 'no/folder/reference'), tried())
    expect(nowhere).toMatchObject({ level: 'warn', line: expect.stringMatching(/^tries are not counted: ENOENT/) })
  })
})
