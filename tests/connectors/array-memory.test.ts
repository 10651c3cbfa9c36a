import { describe, expect, it } from 'vitest'
import { ArrayMemory } from '../../connectors/array-memory.js'

describe('memory for columns', () => {
  it('gives arrays of the length asked for, and their memory again only after it was given back', () => {
    const memory = new ArrayMemory()
    const first = memory.take(Float32Array, 100)
    const second = memory.take(Float32Array, 100)
    expect(first).toHaveLength(100)
    expect(second.buffer).not.toBe(first.buffer)
    memory.give(first)
    const third = memory.take(Float64Array, 50)
    expect(third.buffer).toBe(first.buffer)
    expect(third).toHaveLength(50)
    expect(memory.take(Float64Array, 50).buffer).not.toBe(second.buffer)
  })

  it('gives no memory that is too small', () => {
    const memory = new ArrayMemory()
    memory.give(memory.take(Float64Array, 8))
    expect(memory.take(Float64Array, 9)).toHaveLength(9)
    expect(memory.take(Int32Array, 0)).toHaveLength(0)
  })

  it('lets memory go of a size that is asked for no more, to keep what is', () => {
    const memory = new ArrayMemory()
    const large = Array.from({ length: 2 }, () => memory.take(Uint8Array, 2 ** 24))
    memory.give(...large)
    const small = memory.take(Uint8Array, 2 ** 10)
    memory.give(small)
    expect(memory.take(Uint8Array, 2 ** 10).buffer).toBe(small.buffer)
  })

  it('hands nothing out twice that was given twice', () => {
    const memory = new ArrayMemory()
    const twice = memory.take(Float64Array, 100)
    memory.give(twice, twice)
    expect(memory.take(Float64Array, 100).buffer).not.toBe(memory.take(Float64Array, 100).buffer)
  })

  it('keeps a bounded amount', () => {
    const memory = new ArrayMemory()
    const taken = Array.from({ length: 40 }, () => memory.take(Uint8Array, 2 ** 20))
    memory.give(...taken)
    const again = new Set(Array.from({ length: 40 }, () => memory.take(Uint8Array, 2 ** 20).buffer))
    expect(taken.filter(({ buffer }) => again.has(buffer))).toHaveLength(32)
  })
})
