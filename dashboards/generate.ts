import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { generatedFiles } from './files.js'

/** Writes `dashboards/generated/` anew (`npm run docs`). */
const folder = 'dashboards/generated'

rmSync(folder, { recursive: true, force: true })
for (const [path, text] of Object.entries(generatedFiles())) {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}
