import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { command } from '../../cli/fit.js'
import { uniforms } from '../../detectors/random.js'
import { temporaryFolder } from '../connectors/files/write.js'
import { runCommand } from './run-command.js'

const random = uniforms(1)
const row = () => JSON.stringify({ a: random() + random(), b: random() - random() })

it('fit says how many records it could not use, why, and what was wrong with the first of each reason; also where too few are left', async () => {
  const folder = await temporaryFolder()
  const fitted = async (rows: readonly string[]) => {
    const path = join(folder, 'rows.ndjson')
    await writeFile(path, rows.join('\n'))
    return runCommand(command, path, '--features', 'a,b', '-o', join(folder, 'reference'))
  }
  const bad = ['{', '{"a":1}', '{"a":2}']
  const told = '3 records could not be used: 1 undecodable (the value is not JSON: '
  expect((await fitted([...bad, ...Array.from({ length: 300 }, row)])).out).toContain(`note  ${told}`)
  const { code, err } = await fitted([...bad, ...Array.from({ length: 20 }, row)])
  expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining(told) })
  expect(err).toContain('; 2 missing_feature (feature "b" is missing)')
})
