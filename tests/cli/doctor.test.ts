import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { perform } from '../../cli/doctor/finding.js'
import { command } from '../../cli/doctor.js'
import type { Reference } from '../../references/reference.js'
import { config } from '../config/texts.js'
import { synthetic } from '../references/synthetic.js'
import type { Run } from './capture.js'
import { csvText, quickDetectors, writeChanged, writeReference } from './reference.js'
import { runCommand } from './run-command.js'

const d = 3
const canary = 'canary-7f3a91-canary-7f3a91-'
let folder: string
let reference: Reference

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-doctor-'))
  reference = await writeReference(join(folder, 'reference'), { n: 4000, d, seed: 1 })
  writeFileSync(join(folder, 'rows.csv'), csvText(synthetic({ n: 40, d, seed: 2 }), d))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Examines a monitor that reads a file and keeps everything in the test's folder, with some fields changed. */
function doctor(changes: Readonly<Record<string, string>> = {}, ...options: string[]): Promise<Run> {
  const path = join(folder, 'driftwatch.yaml')
  const fields = {
    source: `{ file: { path: ${folder}/rows.csv } }`,
    decode: '{ csv: {} }',
    reference: `{ path: ${folder}/reference }`,
    alerting: '{ falseAlarmsPerDay: 4 }',
    deadLetters: `{ file: { path: ${folder}/letters/dead.ndjson } }`,
    state: `{ file: { path: ${folder}/state } }`,
  }
  writeFileSync(path, config({ ...fields, ...changes }))
  return runCommand(command, path, ...options)
}

/** The words before each line of the report: level and check. */
const levels = ({ out }: Run): string[] =>
  [...out.matchAll(/^ {2}(ok|warn|FAIL) +(\S+(?: \S+)*)/gm)].map(([, level, check]) => `${level} ${check}`)
const line = ({ out }: Run, check: string): string | undefined =>
  out.split('\n').find((text) => /^ +(?:ok|warn|FAIL) +(.*)/.exec(text)?.[1].startsWith(check))

describe('driftwatch doctor', () => {
  it('finds nothing wrong with what is in order, makes nothing, and exits 0', async () => {
    const run = await doctor()
    expect({ code: run.code, err: run.err }).toEqual({ code: 0, err: '' })
    expect(levels(run)).toEqual([
      'ok configuration',
      'ok reference',
      'ok agreement',
      'ok budget',
      'ok scoring',
      'ok source',
      'ok sink stdout',
      'ok dead letters',
      'ok state',
    ])
    expect(line(run, 'reference')).toContain(`version ${reference.version}: 3 features, 4,000 rows of synthetic`)
    expect(line(run, 'scoring')).toContain(`cpu reproduces the ${reference.golden.rows} golden rows`)
    expect(line(run, 'dead letters')).toContain('will be made at the start')
    expect(run.out).toMatch(/9 ok, 0 to know of, 0 FAILED/)
    expect(readdirSync(folder).sort()).toEqual(['driftwatch.yaml', 'reference', 'rows.csv'])
  })

  it('reports every fault, not only the first, and exits 4', async () => {
    mkdirSync(join(folder, 'taken'), { recursive: true })
    const run = await doctor({
      source: `{ file: { path: ${folder}/none.csv } }`,
      decode: '{ csv: { columns: [f0, f1, f2] } }',
      reference: `{ path: ${folder}/no-reference }`,
      deadLetters: `{ file: { path: ${folder}/taken } }`,
      state: `{ file: { path: ${folder}/rows.csv/state } }`,
    })
    expect(run.code).toBe(4)
    expect(levels(run).filter((text) => text.startsWith('FAIL'))).toEqual([
      'FAIL reference',
      'FAIL source',
      'FAIL dead letters',
      'FAIL state',
    ])
    expect(run.out).toMatch(/manifest\.json is missing; run driftwatch fit to make it/)
    expect(run.out).toMatch(/none\.csv: cannot be read \(ENOENT.*; check the path/)
    expect(run.out).toMatch(/taken is a folder\n +→ choose a path where a file can stand/)
    expect(run.out).toMatch(/rows\.csv is no folder/)
    expect(run.out).toMatch(/2 ok, 0 to know of, 4 FAILED/)
  })

  it('compares the configuration with the reference', async () => {
    const run = await doctor({ window: '{ size: 32, hop: 16 }', detectors: '[gaussian]' })
    expect(run.code).toBe(4)
    expect(run.out).toMatch(/FAIL +agreement +detectors is \["gaussian"\], but the reference was calibrated with/)
    expect(run.out).toMatch(/FAIL +agreement +window is .*run `driftwatch fit` again/)
  })

  it('warns of a budget that the reference cannot carry', async () => {
    const run = await doctor({ alerting: '{ falseAlarmsPerDay: 1/week }' })
    expect(run.code).toBe(0)
    expect(run.out).toMatch(/warn +budget +budget .* UNVERIFIABLE; .*clean days/)
  })

  it('fails when the scores of the reference are not reproduced', async () => {
    const { golden } = reference
    const expected = { ...golden.expected, gaussian: golden.expected.gaussian.map((score) => score + 1) }
    await writeChanged(join(folder, 'other'), reference, { golden: { ...golden, expected } })
    const run = await doctor({ reference: `{ path: ${folder}/other }` })
    rmSync(join(folder, 'other'), { recursive: true })
    expect(run.code).toBe(4)
    expect(run.out).toMatch(/FAIL +scoring +monitor payments: detector gaussian scores golden row 0 as/)
  })

  it('names the execution provider in use, and those that cannot be had', async () => {
    const absent = process.platform === 'darwin' ? 'dml' : 'coreml'
    const fallback = await doctor({ execution: `{ providers: [${absent}, cpu] }` })
    expect(fallback.code).toBe(0)
    expect(fallback.out).toMatch(new RegExp(`warn +scoring +cpu reproduces .*; ${absent} cannot be used: not in this build`))
    const required = await doctor({ execution: `{ providers: [${absent}, cpu], required: true }` })
    expect(required.code).toBe(4)
    expect(required.out).toMatch(/FAIL +scoring +monitor payments: no execution provider could be used/)
  })

  it('fails for a codec that does not fit the reference', async () => {
    const run = await doctor({ decode: '{ csv: { features: [f0, f1] } }' })
    expect(run.code).toBe(4)
    expect(run.out).toMatch(/FAIL +decode +.*names 2 features, but the reference has 3/)
    expect(levels(run)).not.toContain('ok scoring')
  })

  it('decodes a sample and counts what is rejected, by reason', async () => {
    const rows = csvText(synthetic({ n: 10, d, seed: 3 }), d)
    writeFileSync(join(folder, 'mixed.csv'), `${rows}1,2\n1,x,3\n1,y\u001b[31m,3\n`)
    const mixed = await doctor({ source: `{ file: { path: ${folder}/mixed.csv } }` }, '--sample', '100')
    expect(mixed.code).toBe(0)
    expect(mixed.out).toMatch(/warn +records +10 of 13 records decode, 1 stream; 1 dimension \(.*\); 2 not_a_number \(feature "f1" is "x"/)
    expect(mixed.out).not.toContain('\u001b')
    writeFileSync(join(folder, 'wrong.csv'), 'f0,f1,f2\na,b,c\n')
    const wrong = await doctor({ source: `{ file: { path: ${folder}/wrong.csv } }` }, '--sample', '100')
    expect(wrong.code).toBe(4)
    expect(wrong.out).toMatch(/FAIL +records +none of 1 records decodes: 1 not_a_number/)
    writeFileSync(join(folder, 'empty.csv'), 'f0,f1,f2\n')
    expect((await doctor({ source: `{ file: { path: ${folder}/empty.csv } }` }, '--sample', '5')).out).toMatch(
      /warn +records +the source holds no records/,
    )
  })

  it('does not read an endless source to its end', async () => {
    const run = await doctor({ source: '{ generator: { rate: 0 } }', decode: '{ json: { vector: cpu } }' }, '--sample', '10')
    expect(run.out).toMatch(/FAIL +records +none of 1,?024 records decodes/)
  })

  it('never prints a secret, also when brokers cannot be reached', async () => {
    process.env.CANARY = Buffer.from(canary).toString('base64')
    const sasl = `{ mechanism: plain, username: u, password: "\${env:CANARY}" }`
    const brokers = '[127.0.0.1:1]'
    const run = await doctor({
      source: `{ kafka: { brokers: ${brokers}, topics: [in], group: g, sasl: ${sasl} } }`,
      decode: '{ csv: { columns: [f0, f1, f2] } }',
      sinks: `[{ webhook: { url: "https://example.org/\${env:CANARY}", secret: "\${env:CANARY}" } }, { kafka: { brokers: ${brokers}, topic: alerts, sasl: ${sasl} } }]`,
      deadLetters: `{ kafka: { brokers: ${brokers}, topic: dead, sasl: ${sasl} } }`,
      state: '{ memory: {} }',
    })
    expect(run.code).toBe(4)
    expect(levels(run)).toEqual(
      expect.arrayContaining(['FAIL source', 'ok sink webhook', 'FAIL sink kafka', 'FAIL dead letters', 'warn state']),
    )
    expect(run.out).toMatch(/brokers 127\.0\.0\.1:1 .*cannot be reached/)
    expect(run.out + run.err).not.toContain(process.env.CANARY)
    expect(run.out + run.err).not.toContain('7f3a91')
  })

  it('makes names from outside harmless', async () => {
    const provenance = { ...reference.provenance, source: 'data\u001b[2J\u202e.csv' }
    await writeChanged(join(folder, 'hostile'), reference, { provenance })
    const run = await doctor({ reference: `{ path: ${folder}/hostile }` })
    expect(line(run, 'reference')).toContain('data\\u001b[2J\\u202e.csv')
  })

  it('shows the problems of a configuration that is not valid, and exits 2', async () => {
    const run = await doctor({ zzz: '1' })
    expect(run).toMatchObject({ code: 2, out: '' })
    expect(run.err).toContain('monitors[0].zzz: there is no such field here')
  })
})

describe('a check', () => {
  it('that throws is a failed finding', async () => {
    expect(await perform({ name: 'a', look: () => Promise.reject(new Error('no')) })).toEqual([{ check: 'a', level: 'fail', line: 'no' }])
  })

  it('that does not answer is given up, and told so', async () => {
    let told: AbortSignal | undefined
    const look = (signal: AbortSignal) => {
      told = signal
      return new Promise<never>(() => undefined)
    }
    expect(await perform({ name: 'a', look }, 1)).toEqual([{ check: 'a', level: 'fail', line: 'no answer within 0.001 s' }])
    expect(told?.aborted).toBe(true)
  })
})

describe('driftwatch doctor --null', () => {
  const normal = () => {
    const path = join(folder, 'normal.csv')
    writeFileSync(path, csvText(synthetic({ n: 6000, d, seed: 7 }), d))
    return path
  }
  beforeAll(async () => void (await writeReference(join(folder, 'quick'), { n: 4000, d, seed: 1 }, 'synthetic', quickDetectors)))
  const doctorNull = (alerting: string, ...options: string[]) =>
    doctor({ reference: `{ path: ${folder}/quick }`, detectors: `[${quickDetectors}]`, alerting }, '--null', ...options)
  const nullLines = ({ out }: Run) => out.split('\n').filter((text) => /^ +(?:ok|warn|FAIL) +null/.test(text))

  it('replays normal data through the alarm logic and says that the budget is held', async () => {
    const run = await doctorNull('{ falseAlarmsPerDay: 10, rowsPerDay: 4000 }', normal())
    expect({ code: run.code, err: run.err.includes('error') }).toEqual({ code: 0, err: false })
    const [data, held, copies, ...others] = nullLines(run)
    expect(data).toMatch(/6,000 records, 1.5 days: the budget of 10\/day allows K=15/)
    expect(held).toMatch(
      /held-out folds: \d+ alerts, [\d.]+\/day \([\d.]+ to [\d.]+\), of 15 in the budget; 90 % of such data open \d+ to \d+/,
    )
    expect(copies).toMatch(/20 copies of blocks of 500 records: .* alerts on average/)
    expect(others).toHaveLength(4)
    expect(others[3]).toMatch(/try 1 on these data, of 25 that they can answer at this budget: the true rate is [\d.]+ to [\d.]+\/day/)
  })

  it('fails, with exit code 4, where the alarm opens far more than the budget allows', async () => {
    const alerting = '{ falseAlarmsPerDay: 10, rowsPerDay: 4000, feedback: false, fixedThresholds: { gaussian: 6 } }'
    const run = await doctorNull(alerting, normal())
    expect(run.code).toBe(4)
    expect(nullLines(run).some((text) => text.includes('FAIL') && text.includes('held-out folds'))).toBe(true)
  })

  it('says what it cannot tell from too few data, and what is no reference', async () => {
    const few = await doctorNull('{ falseAlarmsPerDay: 1/week, rowsPerDay: 4000 }', normal())
    expect(few.code).toBe(0)
    expect(few.out).toContain('too few data to tell whether the budget is held')
    const none = await doctorNull('{ falseAlarmsPerDay: 4 }')
    expect(none.code).toBe(4)
    expect(nullLines(none)[0]).toContain('this cannot be a reference')
  })
})
