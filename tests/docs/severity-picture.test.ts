import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { severityPicture } from '../../cli/severity-picture.js'

it('docs/pictures/severity.svg is what the grade draws now (else: npm run docs)', () => {
  expect(readFileSync(new URL('../../../docs/pictures/severity.svg', import.meta.url), 'utf8')).toBe(severityPicture())
})
