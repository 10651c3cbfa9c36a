import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { best, misfit, type Served } from '../../cli/compare/verdict.js'
import { command } from '../../cli/compare.js'
import { writeBundle } from '../../references/bundle.js'
import { fitReference } from '../../references/fit.js'
import { config } from '../config/texts.js'
import { asRows, fitOptions, openTools, synthetic } from '../references/synthetic.js'
import type { Run } from './capture.js'
import { csvText } from './reference.js'
import { runCommand } from './run-command.js'

const d = 3
const detectors = ['gaussian', 'hotelling']
let folder: string
const at = (name: string) => join(folder, name)
const compare = (...args: string[]): Promise<Run> => runCommand(command, at('driftwatch.yaml'), ...args)

/** Wide sites, and one that varies a third as much. */
const wide = (seed: number, n = 3000) => synthetic({ n, d, seed })
const narrow = (seed: number, n = 3000) => wide(seed, n).map((value, i) => 100 * (i % d) + (value - 100 * (i % d)) / 3)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-compare-'))
  const tools = await openTools()
  const logic = { window: { size: 64, hop: 16 }, record: { k: 1, n: 1, gap: 30 }, drift: { k: 1, n: 1, gap: 8 } }
  const write = async (name: string, values: Float64Array, streams: number) =>
    writeBundle(
      at(name),
      await fitReference(asRows(values, d, streams, 60), fitOptions(d, { logic, detectors, shrinkage: 'light' }), tools),
    )
  await write('wide', Float64Array.from([...wide(1), ...wide(2)]), 2)
  await write('narrow', narrow(3), 1)
  await tools.close()
  const text = config({
    source: `{ file: { path: ${at('narrow.csv')} } }`,
    decode: '{ csv: {} }',
    reference: `{ path: ${at('wide')} }`,
    detectors: '[gaussian, hotelling]',
    window: '{ size: 64, longer: [] }',
    alerting: '{ falseAlarmsPerDay: 2 }',
  })
  writeFileSync(at('driftwatch.yaml'), text)
  writeFileSync(at('narrow.csv'), csvText(narrow(8, 2000), d))
  writeFileSync(at('wide.csv'), csvText(wide(9, 2000), d))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('driftwatch compare', () => {
  it('prefers the reference of the site to a wider one, which finds nothing rare', async () => {
    const { code, out } = await compare(at('narrow'))
    expect(code).toBe(0)
    expect(out).toMatch(/wide +0 % .* is too wide: finds hardly any of it rare/)
    expect(out).toMatch(/narrow +[3-7][.\d]* % .* 0\.3\d* +describes the data/)
    expect(out).toMatch(/narrow serves these data better: shifts of 0\.3\d* times the size .*; .*wide is too wide/)
  })

  it('prefers the wide one for data that the other finds rare', async () => {
    const { code, out } = await compare(at('narrow'), '--input', at('wide.csv'), '--json')
    expect(code).toBe(0)
    const { better, references } = JSON.parse(out)
    expect(better).toBe(at('wide'))
    expect(references).toMatchObject([{ describes: true, spread: 1 }, { describes: false }])
    expect(references[0].excess).toBeCloseTo(1, 0)
    // Both are held to as many alerts per record: 2 a day in 1,440.
    expect(references.map(({ allowed }: Served) => allowed)).toEqual([expect.closeTo(2.78, 1), expect.closeTo(2.78, 1)])
  })

  it('keeps the first where another is no better, and counts one stream if told to', async () => {
    expect((await compare(at('wide'), '--input', at('wide.csv'))).out).toMatch(/wide serves these data: no other/)
    const { code, err } = await compare(at('narrow'), '--stream', 'nobody')
    expect(code).toBe(2)
    expect(err).toMatch(/no record of stream nobody could be scored/)
    expect((await compare(at('missing'))).code).toBe(3)
  })

  it('says before it replays which reference the configuration does not agree with', async () => {
    writeFileSync(at('other.yaml'), readFileSync(at('driftwatch.yaml'), 'utf8').replace('[gaussian, hotelling]', '[gaussian]'))
    const { code, out, err } = await runCommand(command, at('other.yaml'), at('narrow'))
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toMatch(/wide cannot be compared: monitor payments: detectors is/)
    expect(err).not.toMatch(/replay/)
  })
})

describe('the verdict', () => {
  const served: Served = {
    folder: 'a',
    excess: { value: 1, error: 0.1 },
    alerts: 5,
    allowed: 5,
    likely: [2, 10.5],
    status: 'OK',
    reachable: 1,
    spread: 1,
  }

  it('takes the finest that describes the data, whatever the order; none where none does', () => {
    const coarse = { ...served, folder: 'coarse', spread: 1.5 }
    const off = { ...served, folder: 'off', spread: 0.2, excess: { value: 3, error: 0.1 } }
    for (const order of [
      [coarse, served, off],
      [off, served, coarse],
    ])
      expect(best(order)?.folder).toBe('a')
    expect(best([off])).toBeUndefined()
  })

  it('holds against a reference only what is certain', () => {
    expect(misfit({ ...served, excess: { value: 2, error: 0.3 } })).toBeUndefined()
    expect(misfit({ ...served, excess: { value: 2, error: 0.1 } })).toMatch(/too much of it rare/)
    expect(misfit({ ...served, alerts: 30, likely: [21, 40] })).toMatch(/opens 30 alerts where the budget allows 5/)
    expect(misfit({ ...served, status: 'CEILING', reachable: 0.07 })).toMatch(/cannot open more than 7 % of the budget/)
    expect(misfit({ ...served, status: 'REFUSED' })).toMatch(/halves disagree/)
  })
})
