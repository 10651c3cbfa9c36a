import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { driftwatch } from '../kit/driftwatch.js'

const generator = fileURLToPath(new URL('../../../examples/generator.yaml', import.meta.url))

it('ONNX Runtime sends nothing home: it leaves nothing beside what was asked for', async () => {
  const home = await mkdtemp(join(tmpdir(), 'driftwatch-home-'))
  try {
    // On CI it keeps quiet by itself.
    const env = { HOME: home, CI: '', ROWS: '800' }
    const { stderr } = await driftwatch(['fit', '--config', generator, '--out', join(home, 'reference')], { env, cwd: home })
    expect(await readdir(home), stderr).toEqual(['reference'])
  } finally {
    await rm(home, { recursive: true })
  }
})
