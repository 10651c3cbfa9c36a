import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlertEvent, AnomalyData } from '../../alerts/event.js'
import { command as fit } from '../../cli/fit.js'
import { command as replay } from '../../cli/replay.js'
import { config } from '../config/texts.js'
import { classified, classifiedRows, d, features, logits, noise } from '../detectors/classifier.js'
import { lines } from '../kit/events.js'
import { csvText } from './reference.js'
import { runCommand } from './run-command.js'

const off = 300
const unclaimed = 600

let folder: string
const path = (name: string) => join(folder, name)
const write = (name: string, named: string) => {
  const text = config({
    source: `{ file: { path: ${path('live.csv')} } }`,
    decode: '{ csv: {} }',
    kinds: `{ logits: ${named} }`,
    detectors: '[vim]',
    reference: `{ path: ${path('reference')} }`,
    alerting: '{ falseAlarmsPerDay: 1, rowsPerDay: 2000 }',
    state: '{ memory: {} }',
  })
  writeFileSync(path(name), text)
  return path(name)
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-logits-'))
  const live = classifiedRows(2, 900)
  live.set(classified(2, 0, [0, 1.5, 0, 0, -1.5]), off * d)
  const low = classified(0, 0, noise).map((value, j) => (logits.includes(j) ? value - 2 : value))
  live.set(low, unclaimed * d)
  writeFileSync(path('normal.csv'), csvText(classifiedRows(1, 3000), d))
  writeFileSync(path('live.csv'), csvText(live, d))
  const { code, err } = await runCommand(fit, '--config', write('driftwatch.yaml', '[f20, f21, f22]'), path('normal.csv'))
  expect({ code, err }).toEqual({ code: 0, err: '' })
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('a monitor of a classifier, whose logits come along with its features', () => {
  it('alerts to what leaves the plane of its features and to what no class claims, and names the features or the logits', async () => {
    const { code, out } = await runCommand(replay, path('driftwatch.yaml'))
    expect(code).toBe(0)
    const opened = lines(out)
      .map((line): AlertEvent => JSON.parse(line))
      .filter(({ type }) => type === 'io.driftwatch.alert.opened')
    const causes = new Map(opened.map(({ data }) => [data.origin.offset, (data as AnomalyData).contributions[0].feature]))
    expect(features.map((j) => `f${j}`)).toContain(causes.get(off))
    expect(['f20', 'f21', 'f22']).toContain(causes.get(unclaimed))
    expect(causes.size).toBeLessThan(5)
  })

  it('is refused where other features are named than the reference was fitted with', async () => {
    const { code, err } = await runCommand(replay, write('other.yaml', '[f21, f22]'))
    expect(code).toBe(3)
    expect(err).toContain('kinds.logits is ["f21","f22"], but the reference was calibrated with ["f20","f21","f22"]')
  })
})
