import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BoundedNames, OTHER } from '../../telemetry/bounded-names.js'

describe('bounded names', () => {
  it('keep the first names for ever and call the rest other, announcing each label once', () => {
    fc.assert(
      fc.property(fc.nat(5), fc.array(fc.string({ maxLength: 3 })), (max, names) => {
        const announced: string[] = []
        const bounded = new BoundedNames(max, (name) => announced.push(name))
        const labels = names.map((name) => bounded.label(name))
        const kept = new Set([...new Set(names.filter((name) => name !== OTHER))].slice(0, max))
        expect(labels).toEqual(names.map((name) => (kept.has(name) ? name : OTHER)))
        expect(announced).toEqual([OTHER, ...kept])
      }),
    )
  })

  it('shorten a name that is very long', () => {
    expect(new BoundedNames(1, () => {}).label('x'.repeat(1_000_000))).toHaveLength(128)
  })
})
