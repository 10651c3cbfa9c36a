import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { configurationPage } from '../../config/docs.js'
import { parseConfig } from '../../config/load.js'
import { codecs, controls, deadLetters, pagers, sinks, sources, stores } from '../../connectors/registry.js'

const page = configurationPage()

describe('docs/configuration.md', () => {
  it('is what the schema says now (else: npm run docs)', () => {
    const committed = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')
    expect(committed).toBe(page)
  })

  it('has a section for every component', () => {
    const headings = page.split('\n').filter((line) => line.startsWith('### '))
    const components = [sources, codecs, sinks, pagers, deadLetters, stores, controls].flat()
    expect(headings).toHaveLength(components.length)
  })

  it('shows an example that is valid', () => {
    const example = /```yaml\n([^`]*)```/.exec(page)?.[1] ?? ''
    expect(parseConfig(example, {})).toMatchObject({ ok: true })
  })

  it('links only to sections that exist', () => {
    const anchors = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor)
    const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    )
    expect(anchors.length).toBeGreaterThan(0)
    for (const anchor of anchors) expect(headings).toContain(anchor)
  })
})
