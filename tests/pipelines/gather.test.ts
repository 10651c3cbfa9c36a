import { bulkhead } from 'cockatiel'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Gather } from '../../pipelines/gather.js'
import { turn } from '../../pipelines/turn.js'

afterEach(() => {
  vi.useRealTimers()
})

const ten = (n: number) => 10 * n

/** Groups of numbers, each finished by hand. */
function held(size: number, lanes: number, linger = 0) {
  const groups: (readonly number[])[] = []
  const finish: (() => void)[] = []
  const work = (items: readonly number[]) => {
    groups.push(items)
    return new Promise<number[]>((resolve) => finish.push(() => resolve(items.map(ten))))
  }
  return { groups, finish, gather: new Gather({ size, linger, lanes: bulkhead(lanes, Number.POSITIVE_INFINITY), work }) }
}

describe('gathering', () => {
  it('begins at once while a lane is free, and fills groups from all callers while none is', async () => {
    const { groups, finish, gather } = held(4, 1)
    const first = gather.all([1])
    await turn()
    const others = [gather.all([2, 3]), gather.all([4]), gather.all([5, 6])]
    await turn()
    expect(groups).toEqual([[1]])
    finish[0]()
    expect(await first).toEqual([10])
    await turn()
    finish[1]()
    await turn()
    finish[2]()
    expect(await Promise.all(others)).toEqual([[20, 30], [40], [50, 60]])
    expect(groups).toEqual([[1], [2, 3, 4, 5], [6]])
  })

  it('waits for others no longer than it is told, from when the first came', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const { groups, gather } = held(4, 3, 100)
    void gather.all([1])
    await turn()
    vi.advanceTimersByTime(60)
    void gather.all([2])
    await turn()
    vi.advanceTimersByTime(39)
    await turn()
    expect(groups).toEqual([])
    vi.advanceTimersByTime(1)
    await turn()
    expect(groups).toEqual([[1, 2]])
  })

  it('waits no longer once there are enough', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const { groups, gather } = held(4, 3, 100)
    void gather.all([1])
    await turn()
    void gather.all([2, 3, 4, 5, 6, 7, 8, 9])
    await turn()
    expect(groups).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ])
    vi.advanceTimersByTime(100)
    await turn()
    expect(groups[2]).toEqual([9])
  })

  it('rejects all of a group that fails, and goes on', async () => {
    const work = async (items: readonly number[]) => {
      if (items.includes(2)) throw new Error('no 2')
      return items.map(ten)
    }
    const gather = new Gather({ size: 2, linger: 0, lanes: bulkhead(1, Number.POSITIVE_INFINITY), work })
    const settled = await Promise.allSettled([1, 2, 3, 4].map((item) => gather.all([item])))
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
    expect(await gather.all([5])).toEqual([50])
  })

  it('gives each caller its own, whatever comes when: in groups of at most the size, no more of them at a time than lanes', async () => {
    const calls = fc.array(fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 3 })), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(calls, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 }), async (asked, size, lanes) => {
        let now = 0
        const seen: number[] = []
        const work = async (items: readonly number[]) => {
          expect(items.length).toBeLessThanOrEqual(size)
          expect(++now).toBeLessThanOrEqual(lanes)
          seen.push(...items)
          for (let turns = items[0] % 3; turns > 0; turns--) await turn()
          now--
          return items.map(ten)
        }
        const gather = new Gather({ size, linger: 0, lanes: bulkhead(lanes, Number.POSITIVE_INFINITY), work })
        let next = 0
        const under: [number[], Promise<number[]>][] = []
        for (const [count, turns] of asked) {
          const items = Array.from({ length: count }, () => next++)
          under.push([items, gather.all(items)])
          for (let left = turns; left > 0; left--) await turn()
        }
        for (const [items, results] of under) expect(await results).toEqual(items.map(ten))
        expect(seen).toEqual(Array.from({ length: next }, (_, i) => i))
      }),
      { numRuns: 50 },
    )
  })
})
