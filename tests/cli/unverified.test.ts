import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { command as doctor } from '../../cli/doctor.js'
import { command as fit } from '../../cli/fit.js'
import { config } from '../config/texts.js'
import { synthetic } from '../references/synthetic.js'
import { csvText, quickDetectors } from './reference.js'
import { runCommand } from './run-command.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-unverified-'))
  writeFileSync(join(folder, 'rows.csv'), csvText(synthetic({ n: 3000, d: 3, seed: 1 }), 3))
})
afterAll(() => rmSync(folder, { recursive: true }))

const configured = (unverified: boolean): string => {
  const path = join(folder, 'driftwatch.yaml')
  writeFileSync(
    path,
    config({
      source: `{ file: { path: ${folder}/rows.csv } }`,
      decode: '{ csv: {} }',
      detectors: `[${quickDetectors}]`,
      window: '{ size: 64, hop: 16, longer: [] }',
      reference: `{ path: ${folder}/reference, unverified: ${unverified} }`,
      state: '{ memory: {} }',
    }),
  )
  return path
}

it('fit says how many rows were dropped and at what price; doctor too, and warns a configuration that would drop none', async () => {
  const price = /600 of 3,000 rows, those farthest from the others, were dropped.*\(reference\.unverified\)/
  const fitted = await runCommand(fit, '--config', configured(true))
  expect(fitted.out).toMatch(/^ +rows +3,000 of 1 stream, 600 purged$/m)
  expect(fitted.out).toMatch(price)
  const { code, out } = await runCommand(doctor, configured(true))
  expect(code).toBe(0)
  expect(out).toMatch(new RegExp(`warn +reference +${price.source}`))
  expect(out).toMatch(/ok +agreement/)
  expect((await runCommand(doctor, configured(false))).out).toMatch(
    /warn +agreement +reference\.unverified is false, but .* without 600 rows/,
  )
})
