import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlockWindow } from '../../detectors/block-window.js'

/** Integer rows, so that sums are exact in any order. */
const scene = fc
  .record({ d: fc.integer({ min: 1, max: 3 }), hop: fc.integer({ min: 1, max: 5 }), blocks: fc.integer({ min: 1, max: 4 }), n: fc.nat(90) })
  .chain(({ d, hop, blocks, n }) =>
    fc.record({
      d: fc.constant(d),
      hop: fc.constant(hop),
      size: fc.constant(hop * blocks),
      rows: fc.array(fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: d, maxLength: d }), { minLength: n, maxLength: n }),
      /** Wanted lengths of the segments, cut to the room that is left. */
      cuts: fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
      /** After which segment the window is stored and restored. */
      restart: fc.nat(40),
    }),
  )

const sumOf = (rows: readonly number[][], d: number): number[] =>
  Array.from({ length: d }, (_, j) => rows.reduce((sum, row) => sum + row[j], 0))

describe('BlockWindow', () => {
  it('evaluates what a recomputation from the raw rows gives, for any segmentation and across a restart', () => {
    fc.assert(
      fc.property(scene, ({ d, hop, size, rows, cuts, restart }) => {
        let window = new BlockWindow({ size, hop }, d)
        const evaluated: { at: number; sum: number[] }[] = []
        for (let from = 0, segment = 0; from < rows.length; segment++) {
          const length = Math.min(cuts.next().value ?? 1, window.room, rows.length - from)
          // The segment's sum stands somewhere inside a longer array, as the scorer returns it.
          const sums = Float64Array.from([...Array(d).fill(NaN), ...sumOf(rows.slice(from, from + length), d), NaN])
          from += length
          if (window.push(sums, d, length)) evaluated.push({ at: from, sum: [...window.sums(new Float64Array(d)).sums] })
          if (segment === restart) window = new BlockWindow({ size, hop }, d, window.state())
        }
        const expected = []
        for (let at = size; at <= rows.length; at += hop) expected.push({ at, sum: sumOf(rows.slice(at - size, at), d) })
        expect(evaluated).toEqual(expected.map(({ at, sum }) => ({ at, sum: sum.map((x) => x + 0) })))
      }),
    )
  })

  it('has the same state however its records arrived', () => {
    const rows = Array.from({ length: 23 }, (_, i) => i + 1)
    const oneByOne = new BlockWindow({ size: 6, hop: 3 }, 1)
    for (const x of rows) oneByOne.push(Float64Array.of(x), 0, 1)
    const byRoom = new BlockWindow({ size: 6, hop: 3 }, 1)
    for (let i = 0; i < rows.length; i += 3) {
      const part = rows.slice(i, i + 3)
      byRoom.push(
        Float64Array.from(
          sumOf(
            part.map((x) => [x]),
            1,
          ),
        ),
        0,
        part.length,
      )
    }
    expect(oneByOne.state()).toEqual(byRoom.state())
    expect(oneByOne.state()).toEqual({ closed: 2, open: 2, sums: Float64Array.of(16 + 17 + 18, 19 + 20 + 21, 22 + 23) })
  })

  it('refuses a segment that crosses a sub-block, a shape that is no window, and the state of another window', () => {
    const window = new BlockWindow({ size: 4, hop: 2 }, 1)
    expect(() => window.push(new Float64Array(1), 0, 3)).toThrow(/room for 2/)
    expect(() => new BlockWindow({ size: 5, hop: 2 }, 1)).toThrow(/multiples of the hop/)
    expect(() => new BlockWindow({ size: 4, hop: 2 }, 2, window.state())).toThrow(/does not fit/)
    const full = new BlockWindow({ size: 8, hop: 2 }, 1)
    for (let i = 0; i < 6; i++) full.push(new Float64Array(1), 0, 1)
    expect(() => new BlockWindow({ size: 4, hop: 2 }, 1, full.state())).toThrow(/3 closed sub-blocks/)
  })
})

describe('windows of several lengths', () => {
  it('are evaluated together, the longer ones from as many records as there are', () => {
    const window = new BlockWindow({ size: 4, hop: 2, longer: [8] }, 1)
    const seen: unknown[] = []
    for (let i = 1; i <= 12; i++) {
      if (!window.push(Float64Array.of(i), 0, 1)) continue
      const { lengths, sums } = window.sums(new Float64Array(2))
      seen.push([lengths, [...sums]])
    }
    expect(seen).toEqual([
      [
        [4, 4],
        [10, 10],
      ],
      [
        [4, 6],
        [18, 21],
      ],
      [
        [4, 8],
        [26, 36],
      ],
      [
        [4, 8],
        [34, 52],
      ],
      [
        [4, 8],
        [42, 68],
      ],
    ])
  })

  it.each([
    { size: 4, hop: 2, longer: [6, 5] },
    { size: 4, hop: 2, longer: [4] },
    { size: 4, hop: 2, longer: [8, 6] },
  ])('must be rising multiples of the hop: %o', (shape) => {
    expect(() => new BlockWindow(shape, 1)).toThrow('expected rising positive multiples of the hop')
  })
})
