import { describe, expect, it } from 'vitest'
import { alternate, spread } from '../../bench/kit/alternate.js'

describe('measuring in turn', () => {
  it('swaps the order every other round and pairs what was measured in the same round', async () => {
    const order: string[] = []
    const measured = (name: string) => async () => order.push(name)
    const rounds = await alternate(3, { ours: measured('ours'), theirs: measured('theirs') })
    expect(order).toEqual(['ours', 'theirs', 'theirs', 'ours', 'ours', 'theirs'])
    expect(rounds).toEqual([
      { ours: 1, theirs: 2 },
      { ours: 4, theirs: 3 },
      { ours: 5, theirs: 6 },
    ])
  })

  it('tells the median with the least and the most', () => {
    expect(spread([3, 1, 2], (value) => value.toFixed(1))).toBe('2.0 (1.0 – 3.0)')
  })
})
