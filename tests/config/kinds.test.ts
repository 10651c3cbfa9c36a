import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../config/load.js'
import { config } from './texts.js'

const parsed = (kinds: string) => parseConfig(config({ decode: '{ json: { features: [cpu, idle, hour] } }', kinds }), {})
const problem = (kinds: string) => {
  const result = parsed(kinds)
  return result.ok ? '' : result.problems.map(({ path, message }) => `${path}: ${message}`).join('\n')
}

describe('kinds of features in a configuration', () => {
  it('take their defaults', () => {
    const result = parsed('{ compositional: { work: { parts: [cpu, idle] } } }')
    expect(result.ok && result.config.monitors[0].kinds).toEqual({
      optional: [],
      circular: {},
      compositional: { work: { parts: ['cpu', 'idle'], total: 1, tolerance: 0.01, floor: 0.001 } },
    })
  })

  it('belong to its version', () => {
    const version = (kinds: string) => {
      const result = parsed(kinds)
      return result.ok && result.config.monitors[0].version
    }
    expect(version('{ circular: { hour: 24 } }')).not.toBe(version('{ circular: { hour: 12 } }'))
  })

  it.each([
    ['{ circular: { hour: 0 } }', 'kinds.circular.hour'],
    ['{ compositional: { work: { parts: [cpu] } } }', 'kinds.compositional.work.parts'],
    ['{ compositional: { work: { parts: [cpu, idle], floor: 0.25 } } }', 'kinds.compositional.work.floor'],
    ['{ optional: [cpu], compositional: { work: { parts: [cpu, idle] } } }', 'kinds.optional[0]'],
    ['{ optional: [a, a] }', 'kinds.optional'],
    ['{ logits: [cpu] }', 'kinds.logits'],
    ['{ logits: [cpu, hour], circular: { hour: 24 } }', 'kinds.logits[1]: "hour" is of circular already'],
    ['{ logits: [cpu, idel] }', 'kinds.logits[1]: there is no feature "idel"'],
    ['{ circular: { houre: 24 } }', 'kinds.circular.houre'],
    ['{ compositional: { hour: { parts: [cpu, idle] } } }', 'a feature is called "hour" too'],
  ])('are refused where they cannot be: %s', (kinds, path) => expect(problem(kinds)).toContain(path))
})
