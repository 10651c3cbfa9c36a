import { describe, expect, it } from 'vitest'
import { featureMap, mapOf, ownersOf, plainMap } from '../../kinds/feature-map.js'
import type { Inputs } from '../../kinds/inputs.js'

const work = { parts: ['cpu', 'idle'], total: 100, tolerance: 0.01, floor: 0.001 }
const inputs: Inputs = {
  features: ['amount', 'cpu', 'hour', 'idle', 'latency'],
  optional: ['latency', 'work'],
  circular: { hour: 24 },
  compositional: { work },
}
const encode = (...row: number[]) => {
  const columns = new Float64Array(6)
  const fault = featureMap(inputs).encode?.(Float64Array.from(row), columns, 1)
  return { fault, columns: Array.from(columns.subarray(1)) }
}

describe('a feature map', () => {
  it('gives each kind its columns, in the order of the features', () => {
    const map = featureMap(inputs)
    expect(map.columns).toEqual(['amount', 'work (log-ratio 1)', 'hour (cos)', 'hour (sin)', 'latency'])
    expect(map.optional).toEqual([1, 4])
    expect(map.mayMiss).toEqual([false, true, false, true, true])
    expect(ownersOf(map)).toEqual(['amount', 'work', 'hour', 'hour', 'latency'])
    const { columns, fault } = encode(7, 80, 6, 20, 9)
    expect(fault).toBeUndefined()
    const expected = [7, Math.log(80 / 20) / Math.SQRT2, 0, 1, 9]
    for (const [j, value] of columns.entries()) expect(value).toBeCloseTo(expected[j], 12)
  })

  it('takes a composition for missing when one of its parts is', () => {
    expect(encode(7, Number.NaN, 6, 20, Number.NaN).columns.map(Number.isNaN)).toEqual([false, true, false, false, true])
  })

  it('refuses parts that are negative or do not sum to the total, and says which', () => {
    expect(encode(7, -1, 6, 101, 9).fault).toBe('feature "cpu" is -1; a part of composition "work" cannot be negative')
    expect(encode(7, 50, 6, 40, 9).fault).toBe('the parts of composition "work" sum to 90; expected 100, give or take 1')
    expect(encode(7, 0, 6, 0, 9).fault).toMatch(/sum to 0/)
    expect(encode(7, 100.5, 6, 0, 9).fault).toBeUndefined()
  })

  it('is nothing where every feature is a plain number that every record has', () => {
    const map = featureMap({ features: ['a', 'b'], optional: [], circular: {}, compositional: {} })
    expect(map).toEqual(plainMap(['a', 'b']))
    expect(map.encode).toBeUndefined()
    expect(mapOf({ features: ['a', 'b'] })).toEqual(map)
    expect(featureMap({ ...inputs, circular: {}, compositional: {}, optional: ['latency'] }).encode).toBeUndefined()
  })

  it('knows the columns of logits, wherever they stand', () => {
    const map = featureMap({ ...inputs, optional: ['work'], logits: ['latency', 'amount'] })
    expect(map.logits).toEqual([0, 4])
    expect(map.columns).toEqual(featureMap(inputs).columns)
    expect(featureMap({ ...inputs, optional: [], circular: {}, compositional: {}, logits: ['cpu', 'hour'] })).toMatchObject({
      columns: inputs.features,
      logits: [1, 2],
      encode: undefined,
    })
  })

  it.each<[string, Partial<Inputs>, RegExp]>([
    ['an unknown optional feature', { optional: ['lag'] }, /^kinds.optional.0: there is no feature "lag"; the features are amount, cpu/],
    ['an unknown circular one', { circular: { day: 7 } }, /^kinds.circular.day: there is no feature "day"/],
    ['an unknown part', { compositional: { work: { ...work, parts: ['cpu', 'gpu'] } }, optional: [] }, /^kinds.compositional.work.parts.1/],
    ['a feature of two kinds', { circular: { cpu: 24 } }, /"cpu" is of circular already/],
    ['a logit that is a part', { logits: ['amount', 'idle'] }, /^kinds.logits.1: "idle" is of compositional.work already/],
    ['an optional part', { optional: ['cpu'] }, /^kinds.optional.0: "cpu" is part of a composition.*name "work" instead/],
    [
      'a composition called like a feature',
      { compositional: { hour: work }, circular: {}, optional: [] },
      /a feature is called "hour" too/,
    ],
    ['a floor that leaves nothing', { compositional: { work: { ...work, floor: 0.25 } } }, /floor: is 0.25; expected less than 0.25/],
  ])('refuses %s', (_what, change, message) => expect(() => featureMap({ ...inputs, ...change })).toThrow(message))
})
