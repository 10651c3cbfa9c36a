import { describe, expect, it } from 'vitest'
import { addScore, BLOCKS, jumpAt, type Levels, logisticScore, newLevels } from '../../alerts/levels.js'

const minute = 60_000
const nameFor = 60 * minute

/** Records every ten seconds from a minute to another. */
const fed = (levels: Levels, from: number, to: number, score: (minute: number) => number, deployedAt?: number): Levels => {
  for (let time = from * minute; time < to * minute; time += 10_000) {
    const deployed = deployedAt !== undefined && deployedAt > levels.time && deployedAt <= time
    addScore(levels, score(time / minute), time, deployed ? deployedAt : undefined, nameFor)
  }
  return levels
}

describe('the levels of a stream', () => {
  it('are means of blocks of time, as many as are kept', () => {
    const levels = fed(newLevels(0), 0, 50, (at) => Math.floor(at))
    expect(levels.recent).toHaveLength(BLOCKS)
    expect(levels.recent.at(-1)).toBe(48)
    expect(fed(newLevels(0), 0, 3, () => 1 / 3).recent).toEqual([0.333333, 0.333333])
  })

  it('keep those before a deploy and the first ones after it, the block that it cuts in two on neither side', () => {
    const levels = fed(newLevels(0), 0, 100, (at) => (at < 40.25 ? 0 : 1), 40.25 * minute)
    expect(levels.deploy?.before).toEqual(Array(BLOCKS).fill(0))
    expect(levels.deploy?.after).toEqual(Array(BLOCKS).fill(1))
    expect(jumpAt(levels, 40.25 * minute)).toMatchObject({ effect: expect.closeTo(1, 9), pValue: 0 })
    expect(jumpAt(levels, 41 * minute)).toBeUndefined()
  })

  it('begin anew after a long silence', () => {
    const levels = fed(newLevels(0), 0, 30, () => 0)
    fed(levels, 100, 103, () => 1)
    expect(levels.recent).toEqual([1, 1])
  })

  it('stand still where nothing is known after the deploy', () => {
    const levels = fed(newLevels(0), 0, 45, () => 0, 40 * minute)
    expect(jumpAt(levels, 40 * minute)).toBeUndefined()
    expect(jumpAt(undefined, 0)).toBeUndefined()
  })

  it('are on a scale on which the reference has mean 0 and standard deviation 1, and no record weighs much', () => {
    const scores = Array.from({ length: 9999 }, (_, i) => logisticScore((i + 1) / 10_000))
    const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
    expect(mean).toBeCloseTo(0, 9)
    expect(Math.sqrt(scores.reduce((sum, score) => sum + score * score, 0) / scores.length)).toBeCloseTo(1, 1)
    expect(logisticScore(1e-12)).toBeLessThan(3.9)
    expect(logisticScore(1)).toBeGreaterThan(-3.9)
  })
})
