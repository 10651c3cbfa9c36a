import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { command as doctor } from '../../cli/doctor.js'
import { command as fit } from '../../cli/fit.js'
import { config } from '../config/texts.js'
import { synthetic } from '../references/synthetic.js'
import { csvText } from './reference.js'
import { runCommand } from './run-command.js'

const price = /a slow mean over about [\d,]+ records of each stream is subtracted: drift slower than that is not seen.*opposite direction/
let folder: string
let path: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftwatch-slow-mean-'))
  path = join(folder, 'driftwatch.yaml')
  writeFileSync(join(folder, 'walk.csv'), csvText(synthetic({ n: 10_000, d: 3, seed: 1, walk: 0.01 }), 3))
  writeFileSync(
    path,
    config({
      source: `{ file: { path: ${folder}/walk.csv } }`,
      decode: '{ csv: {} }',
      reference: `{ path: ${folder}/reference }`,
      state: '{ memory: {} }',
    }),
  )
})
afterAll(() => rmSync(folder, { recursive: true }))

it('fit says what failed without a slow mean and what it costs; doctor says what it costs', async () => {
  const fitted = await runCommand(fit, '--config', path)
  expect(fitted.code).toBe(0)
  expect(fitted.out).toMatch(/note {2}without a slow mean the halves disagree, most in f\d \(.*is allowed\)\)/)
  expect(fitted.out).toMatch(price)
  expect((await runCommand(doctor, path)).out).toMatch(price)
})
