import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Recency } from '../../pipelines/recency.js'

describe('items in the order of their use', () => {
  it('are what a list is that moves each to its end, whatever is done', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd')
    const steps = fc.array(fc.tuple(fc.constantFrom('use', 'set', 'delete', 'get'), name), { maxLength: 60 })
    fc.assert(
      fc.property(steps, (steps) => {
        const items = new Recency<{ name: string; made: number }>()
        let list: { name: string; made: number }[] = []
        steps.forEach(([step, name], made) => {
          const known = list.find((item) => item.name === name)
          const others = list.filter((item) => item !== known)
          if (step === 'get') expect(items.get(name)).toBe(known)
          if (step === 'use') expect(items.use(name)).toBe(known)
          if (step === 'use' && known !== undefined) list = [...others, known]
          if (step === 'set') {
            list = [...others, { name, made }]
            items.set(name, list.at(-1)!)
          }
          if (step === 'delete') {
            list = others
            items.delete(name)
          }
          expect(items.size).toBe(list.length)
        })
        expect(new Set(items.values())).toEqual(new Set(list))
        for (const item of list) {
          expect(items.oldest).toBe(item)
          items.delete(item.name)
        }
        expect(items.oldest).toBeUndefined()
      }),
    )
  })
})
