import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { command } from '../../cli/merge.js'
import { readBundle } from '../../references/bundle.js'
import type { Reference } from '../../references/reference.js'
import type { Run } from './capture.js'
import { writeChanged, writeReference } from './reference.js'
import { runCommand } from './run-command.js'

const d = 3
let folder: string
let north: Reference

const at = (name: string) => join(folder, name)
const merge = (...args: string[]): Promise<Run> => runCommand(command, ...args.map((arg) => (/^[a-z]+$/.test(arg) ? at(arg) : arg)))

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-merge-'))
  north = await writeReference(at('north'), { n: 2000, d, seed: 1 }, 'north.csv')
  await writeReference(at('south'), { n: 2000, d, seed: 2 }, 'south.csv')
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('driftwatch merge', () => {
  it('writes a reference of all parts and says whether they agree', async () => {
    const { code, out, err } = await merge('north', 'south', '--out', 'both', '--budget', '2/day')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const both = await readBundle(at('both'))
    expect(out).toContain(`reference ${both.version}`)
    expect(out).toMatch(/rows +4,000 of 2 streams/)
    expect(out).toContain('merged from 2 references')
    expect(out).toMatch(/north and .*south +[\d.]+ +[\d.]+ +they agree/)
    expect(out).toMatch(/^OK|PROVISIONAL|CEILING/m)
    expect(out).toContain(`written to ${at('both')}`)
    expect(both.provenance.parts.map(({ source }) => source).sort()).toEqual(['north.csv', 'south.csv'])
    expect((await readBundle(at('north'))).version).toBe(north.version)
  })

  it('takes the declared records per day', async () => {
    const { code } = await merge('north', 'south', '--out', 'declared', '--rows-per-day', '1000')
    expect(code).toBe(0)
    expect((await readBundle(at('declared'))).calibration).toMatchObject({ rowsPerDay: 1000, spanDays: 4 })
  })

  it('writes, and exits 3, where two parts disagree', async () => {
    const { whitening } = north
    const moved = whitening.mean.map((value, j) => (j === 1 ? value + whitening.scale[1] : value))
    await writeChanged(at('moved'), north, { whitening: { ...whitening, mean: moved } })
    const { code, out, err } = await merge('moved', 'south', '--out', 'apart')
    expect(code).toBe(3)
    expect(out).toMatch(/they disagree, most in f1/)
    expect(err).toMatch(/moved and .*south disagree: one reference does not serve both. Keep a reference per site/)
    expect((await readBundle(at('apart'))).selfTest.passed).toBe(false)
  })

  it('writes nothing, and exits 3, where parts do not go together or are none', async () => {
    await writeChanged(at('renamed'), north, { features: ['f0', 'f1', 'other'] })
    const renamed = await merge('north', 'renamed', '--out', 'nothing')
    expect(renamed.code).toBe(3)
    expect(renamed.err).toMatch(
      /cannot be merged: features: "f2" only in .*north; "other" only in .*renamed; fit both with the same features/,
    )
    mkdirSync(at('empty'))
    const empty = await merge('north', 'empty', '--out', 'nothing')
    expect(empty.code).toBe(3)
    expect(empty.err).toMatch(/empty: manifest.json is missing/)
    expect(readdirSync(folder)).not.toContain('nothing')
  })

  it('replaces no part, and exits 2 for that and for wrong options', async () => {
    const onto = await merge('north', 'south', '--out', 'south')
    expect(onto.code).toBe(2)
    expect(onto.err).toMatch(/--out .*south is the part .*south, which would be replaced/)
    expect((await merge('north', 'south', '--out', 'x', '--rows-per-day', '-1')).code).toBe(2)
    expect((await merge('north', 'south')).code).toBe(2)
  })
})
