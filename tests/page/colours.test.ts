import { readFileSync } from 'node:fs'
import {
  converter,
  differenceCiede2000,
  filterDeficiencyDeuter,
  filterDeficiencyProt,
  filterDeficiencyTrit,
  type Rgb,
  wcagContrast,
} from 'culori'
import { describe, expect, it } from 'vitest'
import { severities } from '../../alerts/severity.js'

const css = readFileSync('page/styles/colours.css', 'utf8')
const rgb = converter('rgb')

/** The colours of a theme, by name. */
function coloursOf(selector: string): Readonly<Record<string, string>> {
  const start = css.indexOf(`${selector} {`)
  const block = css.slice(start, css.indexOf('}', start))
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#\w{6});/g)].map(([, name, value]) => [name, value]))
}

const themes = { light: coloursOf(':root'), dark: coloursOf(':root[data-theme="dark"]') }
const eyes: Readonly<Record<string, (colour: Rgb) => Rgb | undefined>> = {
  'normal sight': (colour) => colour,
  protanopia: filterDeficiencyProt(1),
  deuteranopia: filterDeficiencyDeuter(1),
  tritanopia: filterDeficiencyTrit(1),
}
/** Colours of areas are told apart from ΔE2000 of about 5 on; small marks need more. */
const APART = 10

describe.each(Object.entries(themes))('the %s theme', (_, theme) => {
  it.each(['ink', 'quiet', 'accent', ...severities])('%s has a contrast of 4.5:1 on every ground', (name) => {
    for (const ground of ['ground', 'raised']) expect(wcagContrast(theme[name], theme[ground]), `on ${ground}`).toBeGreaterThanOrEqual(4.5)
  })

  it.each(Object.entries(eyes))('severities are told apart with %s', (_, seen) => {
    const colours = severities.map((severity) => ({ severity, colour: seen(rgb(theme[severity])!)! }))
    const difference = differenceCiede2000()
    for (const [i, one] of colours.entries()) {
      for (const other of colours.slice(0, i)) {
        expect(difference(one.colour, other.colour), `${one.severity} and ${other.severity}`).toBeGreaterThan(APART)
      }
    }
  })

  it.each(Object.entries(eyes))('above and below are told apart with %s', (_, seen) => {
    expect(differenceCiede2000()(seen(rgb(theme.above)!)!, seen(rgb(theme.below)!)!)).toBeGreaterThan(20)
  })
})
