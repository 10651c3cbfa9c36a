import { writeFileSync } from 'node:fs'
import { configurationPage } from '../config/docs.js'

/** The pages under docs/ that are made from code (`npm run docs`). */
const pages = { 'docs/configuration.md': configurationPage() }

for (const [path, text] of Object.entries(pages)) writeFileSync(path, text)
