import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { uniforms } from '../../detectors/random.js'
import { run } from './capture.js'

/** Two hosts, a value every 15 minutes with a daily wave; one falls silent in its wave for a while in the second week. */
const rows = (): string => {
  const uniform = uniforms(3)
  const lines = ['time,host,load']
  for (let i = 0; i < 1200; i++) {
    const time = new Date(Date.UTC(2026, 0, 1) + 900_000 * i).toISOString()
    for (const host of ['a', 'b']) {
      const usual = 50 + 20 * Math.sin((2 * Math.PI * i) / 96) + 4 * uniform()
      lines.push(`${time},${host},${host === 'b' && i >= 1000 && i < 1004 ? 2 : usual}`)
    }
  }
  return `${lines.join('\n')}\n`
}

describe('a monitor without a reference, from the command line', () => {
  let folder: string
  const file = (name: string) => join(folder, name)

  async function configure(changes: object = {}): Promise<string> {
    const monitor = {
      name: 'hosts',
      source: { file: { path: file('load.csv') } },
      decode: { csv: { features: ['load'], stream: 'host', time: 'time' } },
      reference: { ownPast: { probation: 400 } },
      alerting: { falseAlarmsPerDay: 1, rowsPerDay: '8/hour' },
      sinks: [{ stdout: {} }],
      deadLetters: { file: { path: file('letters.ndjson') } },
      ...changes,
    }
    await writeFile(file('driftwatch.yaml'), stringify({ monitors: [monitor], metrics: { enabled: false }, log: { level: 'silent' } }))
    return file('driftwatch.yaml')
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driftwatch-own-past-'))
    await writeFile(file('load.csv'), rows())
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('replays without a fit: the fault, when and beside what, and the score of every record after the probation', async () => {
    const { code, out } = await run('replay', await configure(), '--scores', file('scores.ndjson'))
    expect(code).toBe(0)
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).data)
    const [found] = events.filter(({ stream, transition, origin }) => stream === 'b' && transition === 'opened' && origin.offset >= 2001)
    expect(found).toMatchObject({ origin: { offset: 2001 }, detectors: ['past'], kind: 'record', calibration: expect.any(String) })
    expect(found.summary).toMatch(
      /^b: anomalous records: load 2 \(−.*σ\) is unlike anything in this stream's last 1,000 records \(.*; nearest 2026-01-/,
    )
    expect(found.evidence.ownPast).toMatchObject({ records: 1000, moments: 990 })
    const scores = (await readFile(file('scores.ndjson'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(scores).toHaveLength(2400)
    expect(scores.findIndex(({ detectors }) => detectors.past !== undefined)).toBe(800)
    expect(scores[2001]).toMatchObject({ stream: 'b', flagged: true, detectors: { past: { falseAlarmsPerDay: expect.any(Number) } } })
  })

  it('is checked, and the doctor says what its past can promise and what a stream costs', async () => {
    const config = await configure()
    expect((await run('check', config)).out).toMatch(/hosts .* past .*1 a day/)
    const { code, out } = await run('doctor', config, '--sample', '50')
    expect(code).toBe(0)
    expect(out).toMatch(/judged from its record 401 on; its past can hold the budget of 1\/day once it is 192 records longer/)
    expect(out).toMatch(/a stream's state takes up to 256 kB/)
    expect(out).toMatch(/records decode, 2 streams/)
  })

  it.each([
    ['fit', ['fit', '--config']],
    ['explain', ['explain', '--at', 'load.csv/0/5', '--config']],
    ['rebaseline', ['rebaseline', '--reason', 'why', '--from', '2026-01-01T00:00:00Z']],
  ])('has nothing to %s, and says so', async (_, args) => {
    const { code, err } = await run(...args, await configure())
    expect([code, err]).toEqual([2, expect.stringMatching(/monitor hosts has no reference: .*reference\.ownPast/)])
  })

  it.each([
    ['both', { reference: { path: './reference', ownPast: {} } }, /reference\.ownPast.*stands beside path/],
    ['no rate', { alerting: { falseAlarmsPerDay: 1 } }, /rowsPerDay, for example 12\/hour/],
    ['thresholds', { alerting: { falseAlarmsPerDay: 1, rowsPerDay: 100, fixedThresholds: { gaussian: 3 } } }, /reference\.ownPast\.level/],
  ])('is refused with %s, with the mend', async (_, changes, message) => {
    const { code, out, err } = await run('check', await configure(changes))
    expect([code, `${out}${err}`.replaceAll(/\s+/g, ' ')]).toEqual([2, expect.stringMatching(message)])
  })
})
