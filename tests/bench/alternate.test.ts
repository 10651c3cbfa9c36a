import { describe, expect, it } from 'vitest'
import { alternate, ratios, spread } from '../../bench/kit/alternate.js'

describe('measuring in turn', () => {
  it('swaps the order every other round and keeps the rounds of each contender; one that is absent has none', async () => {
    const order: string[] = []
    const measured = (name: string) => async () => order.push(name)
    expect(await alternate(3, { ours: measured('ours'), theirs: measured('theirs'), absent: undefined })).toEqual({
      ours: [1, 4, 5],
      theirs: [2, 3, 6],
      absent: [],
    })
    expect(order).toEqual(['ours', 'theirs', 'theirs', 'ours', 'ours', 'theirs'])
  })

  it('compares within rounds and tells the median with the least and the most', () => {
    expect(ratios([1, 4, 9], [2, 4, 3])).toEqual([0.5, 1, 3])
    expect(spread([3, 1, 2], (value) => value.toFixed(1))).toBe('2.0 (1.0 – 3.0)')
  })
})
