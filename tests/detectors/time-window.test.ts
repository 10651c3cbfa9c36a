import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BlockWindow } from '../../detectors/block-window.js'
import { openWindow } from '../../detectors/stream-window.js'
import { TimeBlocks } from '../../detectors/time-blocks.js'
import { TimeWindow } from '../../detectors/time-window.js'
import type { WindowsByTime } from '../../detectors/window-shape.js'

const HOP = 10

interface Timed {
  readonly time: number
  readonly x: number
}
interface Evaluation {
  /** The record that told of it. */
  readonly at: number
  readonly lengths: readonly number[]
  readonly sums: readonly number[]
}

/** Times that go on, stand, come late and jump; whole numbers, so that sums are exact in any order. */
const scene = fc.record({
  records: fc
    .array(
      fc.record({
        step: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 15 }) }, fc.constantFrom(-12, -35, -300, 45, 500)),
        x: fc.integer({ min: -1000, max: 1000 }),
      }),
      { maxLength: 80 },
    )
    .map((steps) => {
      let time = 1000
      return steps.map(({ step, x }): Timed => {
        time += step
        return { time, x }
      })
    }),
  window: fc
    .record({ size: fc.integer({ min: 1, max: 3 }), more: fc.integer({ min: 1, max: 3 }), least: fc.integer({ min: 1, max: 6 }) })
    .map(({ size, more, least }): WindowsByTime => ({ by: 'time', hop: HOP, size: HOP * size, longer: [HOP * (size + more)], least })),
})

/** As the pipeline does: runs of records of one sub-block, cut anywhere. */
function evaluate(records: readonly Timed[], shape: WindowsByTime, cuts: Iterator<number>, restart = -1) {
  let blocks = new TimeBlocks(shape)
  let window = new TimeWindow(shape, 1)
  const found: Evaluation[] = []
  const blockOf = records.map(({ time }) => blocks.of(time))
  blocks = new TimeBlocks(shape)
  for (let at = 0; at < records.length; ) {
    const most: number = cuts.next().value ?? 1
    let end = at + 1
    while (end < records.length && end - at < most && blockOf[end] === blockOf[at]) end++
    for (const { time } of records.slice(at, end)) blocks.of(time)
    const block = blockOf[at]
    const sum = records.slice(at, end).reduce((total, { x }) => total + x, 0)
    if (block !== undefined && window.push(Float64Array.of(Number.NaN, sum), 1, end - at, block)) {
      const { lengths, sums } = window.sums(new Float64Array(2))
      found.push({ at, lengths, sums: [...sums] })
    }
    if (at <= restart && restart < end) [blocks, window] = [new TimeBlocks(shape, blocks.state()), new TimeWindow(shape, 1, window.state())]
    at = end
  }
  return { found, state: window.state(), blocks: blocks.state() }
}

/** From the definition, with all records at hand. */
function expected(records: readonly Timed[], shape: WindowsByTime): Evaluation[] {
  const blocks = new TimeBlocks(shape)
  const lengths = [shape.size, ...(shape.longer ?? [])].map((length) => length / HOP)
  let kept: { readonly block: number; readonly x: number }[] = []
  let newest = Number.NEGATIVE_INFINITY
  const found: Evaluation[] = []
  records.forEach(({ time, x }, at) => {
    const block = blocks.of(time)
    if (block === undefined) return
    if (block <= newest - lengths[1]) kept = []
    else if (block > newest) {
      const inside = lengths.map((length) => kept.filter((one) => one.block > newest - length && one.block <= newest))
      if (inside[0].length >= shape.least && kept.length > 0)
        found.push({ at, lengths: inside.map((of) => of.length), sums: inside.map((of) => of.reduce((sum, one) => sum + one.x, 0)) })
    }
    newest = blocks.newest
    kept.push({ block, x })
  })
  return found
}

function* ones() {
  for (;;) yield 1
}

describe('TimeWindow', () => {
  it('evaluates what a recomputation from the raw records gives, for any segmentation and across a restart', () => {
    const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 7 }))
    fc.assert(
      fc.property(scene, cuts, fc.nat(80), ({ records, window }, lengths, restart) => {
        const { found, state, blocks } = evaluate(records, window, lengths, restart)
        expect(found).toEqual(expected(records, window))
        const oneByOne = evaluate(records, window, ones())
        expect({ state, blocks }).toEqual({ state: oneByOne.state, blocks: oneByOne.blocks })
        expect(state.blocks.length).toBeLessThanOrEqual(window.longer!.at(-1)! / HOP + 1)
      }),
      { numRuns: 300 },
    )
  })

  it('gives the sums of windows by count, where every sub-block holds as many records', () => {
    const each = 5
    const records = Array.from({ length: 61 }, (_, i) => ({ time: (i * HOP) / each, x: i * i }))
    const byCount = new BlockWindow({ size: 2 * each, hop: each, longer: [4 * each] }, 1)
    const counted = records.flatMap(({ x }) => (byCount.push(Float64Array.of(x), 0, 1) ? [byCount.sums(new Float64Array(2))] : []))
    const shape: WindowsByTime = { by: 'time', size: 2 * HOP, hop: HOP, longer: [4 * HOP], least: 2 * each }
    const { found } = evaluate(records, shape, ones())
    expect(found.map(({ at }) => at)).toEqual([10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60])
    expect(found.map(({ lengths, sums }) => [lengths, sums])).toEqual(counted.map(({ lengths, sums }) => [lengths, [...sums]]))
  })

  it('is opened by its shape, and by a state of that shape alone', () => {
    const byTime: WindowsByTime = { by: 'time', size: 20, hop: 10, least: 1 }
    const byCount = { size: 4, hop: 2 }
    expect(openWindow(byTime, 1, openWindow(byTime, 1).state())).toBeInstanceOf(TimeWindow)
    expect(openWindow(byCount, 1, openWindow(byCount, 1).state())).toBeInstanceOf(BlockWindow)
    expect(() => openWindow(byTime, 1, openWindow(byCount, 1).state())).toThrow('state of windows by count does not fit windows by time')
  })

  it('holds few numbers for few records, and refuses the state of another window', () => {
    const shape: WindowsByTime = { by: 'time', size: 1000, hop: 1, least: 1 }
    const window = new TimeWindow(shape, 1)
    for (const block of [5, 7, 900]) window.push(Float64Array.of(block), 0, 1, block)
    expect(window.state()).toEqual({ blocks: [5, 7, 900], counts: [1, 1, 1], sums: Float64Array.of(5, 7, 900) })
    const small: WindowsByTime = { by: 'time', size: 1, hop: 1, least: 1 }
    expect(() => new TimeWindow(small, 1, window.state())).toThrow(/3 sub-blocks.* does not fit windows of 1 sub-blocks/)
    const { blocks, ...rest } = window.state()
    expect(() => new TimeWindow(shape, 1, { ...rest, blocks: blocks.toReversed() })).toThrow(/does not fit/)
    expect(() => new TimeWindow({ ...shape, hop: 3 }, 1)).toThrow('expected rising positive multiples of the hop')
  })
})

describe('TimeBlocks', () => {
  const shape: WindowsByTime = { by: 'time', size: 2 * HOP, hop: HOP, longer: [4 * HOP], least: 3 }
  const blocksOf = (times: readonly number[], blocks = new TimeBlocks(shape)) => times.map((time) => blocks.of(time))

  it('are those of the event times, whichever record was the first, while the longest window holds them', () => {
    expect(blocksOf([105, 109, 110, 95, 139, 105, 99, -5, Number.NaN])).toEqual([10, 10, 11, 9, 13, 10, undefined, undefined, undefined])
    expect(blocksOf([-1, -11])).toEqual([-1, -2])
  })

  it('begin anew at once where one record came from the future, after as many as an evaluation needs', () => {
    const normal = Array.from({ length: 20 }, (_, i) => 1000 + i)
    const blocks = new TimeBlocks(shape)
    blocksOf([...normal, 9000], blocks)
    expect(blocksOf([1020, 1021, 1022, 1023], blocks)).toEqual([undefined, undefined, 102, 102])
  })

  it('do not follow a burst of late records that is smaller than what the windows hold', () => {
    const normal = Array.from({ length: 20 }, (_, i) => 1000 + i)
    const blocks = new TimeBlocks(shape)
    blocksOf(normal, blocks)
    expect(blocksOf(Array(15).fill(500), blocks)).toEqual(Array(15).fill(undefined))
    expect(blocks.of(1020)).toBe(102)
    const follows = blocksOf(Array(25).fill(500), blocks).findIndex((block) => block !== undefined)
    // Of the 20 a part has faded with each new sub-block.
    expect(follows).toBeGreaterThan(10)
    expect(follows).toBeLessThan(20)
  })
})
