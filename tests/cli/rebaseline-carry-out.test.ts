import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { configuration } from '../../cli/configuration.js'
import { carryOut } from '../../cli/rebaseline/carry-out.js'
import { appendHistory } from '../../references/history.js'
import type { Reference } from '../../references/reference.js'
import { config } from '../config/texts.js'
import { writeReference } from './reference.js'

describe('a rebaseline by message', () => {
  let folder: string
  let reference: Reference
  let seen: { replaced: string[]; told: string[] }
  const path = () => join(folder, 'driftwatch.yaml')
  const write = (falseAlarmsPerDay: number) =>
    writeFileSync(
      path(),
      config({
        source: `{ file: { path: ${join(folder, 'data.csv')} } }`,
        decode: '{ csv: {} }',
        alerting: `{ falseAlarmsPerDay: ${falseAlarmsPerDay}, rowsPerDay: 1440 }`,
        reference: `{ path: ${join(folder, 'reference')} }`,
      }),
    )
  const attempt = async (place: string, { running = reference.version, signal = new AbortController().signal } = {}) => {
    const [monitor] = configuration(path()).monitors
    return carryOut(
      {
        config: monitor,
        file: path(),
        running,
        told: (step) => void seen.told.push(step),
        replaced: (version) => void seen.replaced.push(version),
      },
      { from: 0, to: 60_000, reason: 'release 4.2', said: { place, time: 0 } },
      signal,
    )
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'driftwatch-carry-out-'))
    writeFileSync(join(folder, 'data.csv'), 'f0,f1\n1,2\n')
    reference = await writeReference(join(folder, 'reference'), { n: 600, d: 2, seed: 1 }, 'synthetic', ['gaussian'])
  })
  beforeEach(() => {
    seen = { replaced: [], told: [] }
    write(4)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('that another process has carried out is not done again: its reference is taken, if it is not in use already', async () => {
    await appendHistory(join(folder, 'reference'), { time: '2026-03-01T10:00:00Z', step: 'activated', message: 'control/0/1' })
    await attempt('control/0/1')
    expect(seen).toEqual({ replaced: [], told: [] })
    await attempt('control/0/1', { running: 'an older one' })
    expect(seen).toEqual({ replaced: [reference.version], told: [] })
  })

  it('that does not come to its end says why, with the steps that were taken', async () => {
    await expect(attempt('control/0/2')).rejects.toThrow(/^--from and --to need a source with offsets and times.*$/)
    expect(seen).toEqual({ replaced: [], told: ['frozen'] })
  })

  it('that was given up meanwhile starts nothing', async () => {
    await attempt('control/0/4', { signal: AbortSignal.abort() })
    expect(seen).toEqual({ replaced: [], told: [] })
  })

  it('is not fitted by another configuration than the one that runs', async () => {
    const before = configuration(path()).monitors[0]
    write(2)
    const told = () => undefined
    const options = { config: before, file: path(), running: reference.version, told, replaced: told }
    const request = { from: 0, to: 60_000, reason: 'x', said: { place: 'control/0/3', time: 0 } }
    await expect(carryOut(options, request, new AbortController().signal)).rejects.toThrow('the configuration file has changed')
  })
})
