import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { command as fit } from '../../cli/fit.js'
import { command as replay } from '../../cli/replay.js'
import { readBundle } from '../../references/bundle.js'
import { config } from '../config/texts.js'
import { normals } from '../references/synthetic.js'
import { runCommand } from './run-command.js'

let folder: string
const path = (name: string) => join(folder, name)

/** A busy stream, with a record every 4 seconds, and one with three, over half a day. */
function lines(seed: number, moved: (time: number) => number): string {
  const normal = normals(seed)
  const rows = Array.from({ length: 43_200 / 4 }, (_, i) => ({ stream: 'busy', time: 4000 * i }))
  for (let i = 0; i < 3; i++) rows.push({ stream: 'rare', time: 4 * 3_600_000 * i + 1 })
  const text = rows
    .toSorted((a, b) => a.time - b.time)
    .map(({ stream, time }) => `${stream},${new Date(Date.UTC(2026, 0, 1) + time).toISOString()},${normal() + moved(time)},${normal()}`)
  return `${['host,ts,a,b', ...text].join('\n')}\n`
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-time-windows-'))
  writeFileSync(
    path('normal.csv'),
    lines(1, () => 0),
  )
  writeFileSync(
    path('live.csv'),
    lines(2, (time) => (time > 21_600_000 && time < 24_000_000 ? 1 : 0)),
  )
  writeFileSync(
    path('driftwatch.yaml'),
    config({
      source: `{ file: { path: ${path('live.csv')} } }`,
      decode: '{ csv: { stream: host, time: ts } }',
      reference: `{ path: ${path('reference')} }`,
      detectors: '[gaussian, hotelling]',
      window: '{ size: 10m, hop: 2m, longer: [40m, 2h], least: 30 }',
      state: '{ memory: {} }',
    }),
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

it('fit and replay with windows by event time', async () => {
  const fitted = await runCommand(fit, '--config', path('driftwatch.yaml'), path('normal.csv'))
  expect({ code: fitted.code, err: fitted.err }).toEqual({ code: 0, err: '' })
  expect(fitted.out).toMatch(/windows of 40m and 2h are not looked at: 10803 rows are too few/)
  const { logic, calibration } = await readBundle(path('reference'))
  expect(logic.window).toEqual({ by: 'time', size: 600_000, hop: 120_000, longer: [], least: 30 })
  // 360 sub-blocks of 30 records, the last of which does not end.
  expect(calibration.evaluations).toEqual({ gaussian: 10_803, hotelling: 359 })

  const replayed = await runCommand(replay, path('driftwatch.yaml'), '--out', path('alerts.ndjson'))
  expect(replayed.code).toBe(0)
  const events = readFileSync(path('alerts.ndjson'), 'utf8').trim().split('\n')
  const opened = events.map((line) => JSON.parse(line)).filter(({ data }) => data.kind === 'drift' && data.transition === 'opened')
  const times = opened.map(({ time }) => Date.parse(time) - Date.UTC(2026, 0, 1))
  expect(times.some((time) => time > 21_600_000 && time < 24_000_000 && time % 120_000 === 0)).toBe(true)
})

it('fit says that rows of a file have no time where none was decoded, and no interval was set', async () => {
  const decode = (options: string, interval = '') =>
    writeFileSync(
      path('other.yaml'),
      config({
        source: `{ file: { path: ${path('normal.csv')}${interval} } }`,
        decode: `{ csv: { stream: host, features: [a, b]${options} } }`,
        reference: `{ path: ${path('untimed')} }`,
        detectors: '[gaussian]',
      }),
    )
  decode('')
  expect((await runCommand(fit, '--config', path('other.yaml'))).out).toMatch(
    /no time was decoded: rows count from 1970 on, one every [\d.]+ s/,
  )
  for (const [options, interval] of [[', time: ts'], ['', ', interval: 1h']]) {
    decode(options, interval)
    expect((await runCommand(fit, '--config', path('other.yaml'))).out).not.toMatch(/no time was decoded/)
  }
})
