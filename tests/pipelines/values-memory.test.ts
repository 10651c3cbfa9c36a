import { describe, expect, it } from 'vitest'
import { ValuesMemory } from '../../pipelines/values-memory.js'

describe('memory for values', () => {
  it('has room for the rows, and is used again only after it was given back', () => {
    const memory = new ValuesMemory()
    const first = memory.take('float32', 100, 3)
    expect(first.length).toBeGreaterThanOrEqual(300)
    const second = memory.take('float32', 100, 3)
    expect(second).not.toBe(first)
    memory.give(first)
    expect(memory.take('float32', 90, 3)).toBe(first)
    expect(memory.take('float32', 100, 3)).not.toBe(second)
  })

  it('gives no room that is too small, and makes none for no rows', () => {
    const memory = new ValuesMemory()
    memory.give(memory.take('float64', 8, 2))
    expect(memory.take('float64', 9, 2).length).toBeGreaterThanOrEqual(18)
    expect(memory.take('float64', 0, 2)).toBeInstanceOf(Float64Array)
  })

  it('keeps a bounded number', () => {
    const memory = new ValuesMemory()
    const taken = Array.from({ length: 100 }, () => memory.take('float32', 1, 1))
    for (const values of taken) memory.give(values)
    const again = new Set(Array.from({ length: 100 }, () => memory.take('float32', 1, 1)))
    expect(taken.filter((values) => again.has(values))).toHaveLength(32)
  })
})
