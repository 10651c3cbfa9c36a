import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { killAll } from './driftwatch.js'

export { Driftwatch, driftwatch, type Ended, type LogLine, type ProcessOptions, Samples } from './driftwatch.js'

/** A folder of the test file, and no process that outlives its test. Call once at the top of the file. */
export function useProcesses(): { readonly folder: string; config(name: string, config: object | string): Promise<string> } {
  const place = {
    folder: '',
    /** Writes a configuration file (JSON is YAML) and returns its path. */
    config: async (name: string, config: object | string): Promise<string> => {
      const path = join(place.folder, `${name}.yaml`)
      await writeFile(path, typeof config === 'string' ? config : JSON.stringify(config, null, 2))
      return path
    },
  }
  beforeAll(async () => {
    place.folder = await mkdtemp(join(tmpdir(), 'driftwatch-e2e-'))
  })
  afterEach(async () => {
    await killAll()
  })
  afterAll(() => rm(place.folder, { recursive: true, force: true }))
  return place
}
