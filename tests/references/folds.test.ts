import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutFolds } from '../../references/folds.js'
import { RowMemory } from '../../references/row-store.js'

const scene = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 }),
  hop: fc.integer({ min: 1, max: 12 }),
})

const asStreams = (lengths: readonly number[]) => {
  let to = 0
  return lengths.map((length) => {
    to += length
    return { from: to - length, to }
  })
}

describe('cutFolds', () => {
  it('puts every row into exactly one fold, in stretches of one stream, an even number of folds and none empty', () => {
    fc.assert(
      fc.property(scene, ({ lengths, hop }) => {
        const streams = asStreams(lengths)
        const folds = cutFolds({ streams }, { size: hop, hop })
        fc.pre(folds !== undefined)
        expect(folds.length % 2).toBe(0)
        expect(folds.every((fold) => fold.length > 0)).toBe(true)
        const stretches = folds.flat().sort((a, b) => a.from - b.from)
        expect(stretches[0].from).toBe(0)
        expect(stretches.at(-1)?.to).toBe(streams.at(-1)?.to)
        stretches.slice(1).forEach(({ from }, i) => {
          expect(from).toBe(stretches[i].to)
        })
        for (const { from, to, streamFrom } of stretches) {
          const stream = streams.find((one) => one.from === streamFrom)
          expect(stream !== undefined && from >= stream.from && to <= stream.to && to > from).toBe(true)
          expect((from - streamFrom) % hop).toBe(0)
        }
      }),
    )
  })

  it('keeps the order of time: an earlier fold holds the earlier rows of a stream', () => {
    const folds = cutFolds({ streams: asStreams([1000, 500]) }, { size: 10, hop: 10 })
    expect(folds?.length).toBe(10)
    expect(folds?.map((fold) => fold.map(({ from, to }) => [from, to]))[3]).toEqual([
      [300, 400],
      [1150, 1200],
    ])
  })

  it('cuts by time where sub-blocks begin, an equal number of them in each fold', () => {
    const times = Float64Array.from({ length: 200 }, (_, i) => 5 + Math.floor(i / 4) * 10 + (i >= 100 ? 1000 : 0))
    const rows = { streams: [{ from: 0, to: 200 }], times: new RowMemory(times, 1) }
    const folds = cutFolds(rows, { by: 'time', size: 10, hop: 10, least: 1 })
    expect(folds?.map((fold) => fold.map(({ from, to }) => [from, to]))).toEqual(
      Array.from({ length: 10 }, (_, f) => [[20 * f, 20 * f + 20]]),
    )
    expect(cutFolds(rows, { by: 'time', size: 150, hop: 150, least: 1 })?.length).toBe(4)
    expect(cutFolds(rows, { by: 'time', size: 10_000, hop: 10_000, least: 1 })).toBeUndefined()
  })

  it('takes fewer folds when there are few rows, and none below four', () => {
    expect(cutFolds({ streams: asStreams([50]) }, { size: 10, hop: 10 })?.length).toBe(4)
    expect(cutFolds({ streams: asStreams([39]) }, { size: 10, hop: 10 })).toBeUndefined()
    expect(cutFolds({ streams: asStreams(Array(20).fill(5)) }, { size: 10, hop: 10 })?.map((fold) => fold.length)).toEqual(
      Array(10).fill(2),
    )
  })
})
