import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { command } from '../../cli/rebaseline.js'
import { readBundle } from '../../references/bundle.js'
import type { Reference } from '../../references/reference.js'
import { config } from '../config/texts.js'
import { synthetic } from '../references/synthetic.js'
import type { Run } from './capture.js'
import { csvText, quickDetectors, writeReference } from './reference.js'
import { runCommand } from './run-command.js'

const d = 3
const ROWS = 1200
let original: string
let folder: string
let old: Reference

const at = (name: string) => join(folder, name)
const rebaseline = (...args: string[]): Promise<Run> => runCommand(command, at('driftwatch.yaml'), ...args)
const steps = () =>
  readFileSync(at('reference.history.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

beforeAll(async () => {
  original = mkdtempSync(join(tmpdir(), 'driftwatch-rebaseline-'))
  old = await writeReference(join(original, 'reference'), { n: ROWS, d, seed: 1 }, 'synthetic', quickDetectors)
  const fields = {
    source: `{ file: { path: ${original}/unused.csv } }`,
    decode: '{ csv: {} }',
    detectors: `[${quickDetectors}]`,
    alerting: '{ falseAlarmsPerDay: 4, rowsPerDay: 1440 }',
  }
  const moved = synthetic({ n: ROWS, d, seed: 2 }).map((value, i) => (i % d === 1 ? value + 10 : value))
  writeFileSync(join(original, 'after.csv'), csvText(moved, d))
  const wandering = moved.map((value, i) => (i > (ROWS / 2) * d ? value + 0.05 * (i - (ROWS / 2) * d) : value))
  writeFileSync(join(original, 'wandering.csv'), csvText(wandering, d))
  writeFileSync(join(original, 'driftwatch.yaml'), config({ ...fields, reference: '{ path: REFERENCE }' }))
  return () => rmSync(original, { recursive: true })
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-rebaseline-'))
  cpSync(original, folder, { recursive: true })
  writeFileSync(at('driftwatch.yaml'), readFileSync(at('driftwatch.yaml'), 'utf8').replace('REFERENCE', at('reference')))
})
afterEach(() => rmSync(folder, { recursive: true }))

/** A process that holds the lock until it is killed. */
async function lockedBy(path: string): Promise<ChildProcess> {
  const take = `import { ProcessLock } from '${new URL('../../connectors/stores/process-lock.js', import.meta.url)}'
    await new ProcessLock(process.argv[1]).take(); console.log('taken'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', take, path])
  await once(child.stdout, 'data')
  return child
}

const newFolder = () => readdirSync(folder).find((name) => /^reference-/.test(name)) ?? ''

describe('driftwatch rebaseline', () => {
  it('writes the new reference beside the old one, says what moved, and records each step', async () => {
    const { code, out, err } = await rebaseline(at('after.csv'), '--reason', 'release 4.2')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect((await readBundle(at('reference'))).version).toBe(old.version)
    const fitted = await readBundle(at(newFolder()))
    expect(newFolder()).toBe(`reference-${fitted.version}`)
    expect(out).toContain('The old reference no longer describes these data')
    expect(out).toMatch(/^feature .*\nf1 +[\d.]+ +[\d.]+ +4\.\d+ +[\d.]+$/m)
    expect(out).toMatch(/not activated: say --activate, or set reference.path to .*, and restart/)
    expect(steps()).toMatchObject([
      { step: 'frozen', monitor: 'payments', reason: 'release 4.2', version: old.version },
      { step: 'collected', version: fitted.version, rows: ROWS },
      { step: 'self-tested', version: fitted.version, passed: true },
    ])
  })

  it('with --activate puts it in the place of the old one, which stays under its version', async () => {
    await rebaseline(at('after.csv'), '--reason', 'release 4.2')
    const { code, out } = await rebaseline(at('after.csv'), '--reason', 'release 4.2', '--activate')
    expect(code).toBe(0)
    expect(out).toContain('running monitors keep the old reference until they are restarted')
    expect((await readBundle(at('reference'))).version).not.toBe(old.version)
    expect((await readBundle(at(`reference-${old.version}`))).version).toBe(old.version)
    expect(readdirSync(folder).filter((name) => /^reference[-.]/.test(name))).toEqual([
      `reference-${old.version}`,
      'reference.history.ndjson',
    ])
    expect(steps().map(({ step }) => step)).toEqual([
      ...['frozen', 'collected', 'self-tested'],
      ...['frozen', 'collected', 'self-tested', 'activated'],
    ])
    expect((await rebaseline(at('after.csv'), '--reason', 'again', '--activate')).out).toContain('there is nothing to replace')
    expect(steps().at(-1)).toMatchObject({ step: 'unchanged', reason: 'again' })
  })

  it('activates nothing whose halves disagree: exit 3, the old one in its place', async () => {
    const { code, err } = await rebaseline(at('wandering.csv'), '--reason', 'x', '--activate')
    expect(code).toBe(3)
    expect(err).toMatch(/self-test refused .*Wait for more settled data/)
    expect((await readBundle(at('reference'))).version).toBe(old.version)
    expect(steps().slice(-2)).toMatchObject([
      { step: 'self-tested', passed: false },
      { step: 'refused', why: expect.stringContaining('halves disagree') },
    ])
  })

  it('leaves alone what another process is at', async () => {
    const other = await lockedBy(at('reference.rebaseline.lock'))
    const { code, err } = await rebaseline(at('after.csv'), '--reason', 'x', '--activate')
    expect({ code, err }).toMatchObject({ code: 5, err: expect.stringMatching(`cannot be replaced now: process ${other.pid} uses it`) })
    other.kill('SIGKILL')
  })

  it('overwrites nothing that stands where the old one would be kept', async () => {
    writeFileSync(at(`reference-${old.version}`), 'notes')
    const { code, err } = await rebaseline(at('after.csv'), '--reason', 'x', '--activate')
    expect(code).toBe(3)
    expect(err).toMatch(/is there already, so the old reference cannot be kept there/)
    expect((await readBundle(at('reference'))).version).toBe(old.version)
    expect(readFileSync(at(`reference-${old.version}`), 'utf8')).toBe('notes')
  })

  it('wants to know since when, and why', async () => {
    expect(await rebaseline('--reason', 'x')).toMatchObject({ code: 2, err: expect.stringContaining('say since when the change holds') })
    expect((await rebaseline(at('after.csv'))).code).toBe(2)
  })
})
