import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldCounts } from '../../references/folds.js'
import { GroupNumbers, groupFolds } from '../../references/groups.js'
import { RowMemory } from '../../references/row-store.js'

const stored = (groups: readonly number[]) => new RowMemory(Float64Array.from(groups), 1)
const asStreams = (lengths: readonly number[]) => {
  let to = 0
  return lengths.map((length) => {
    to += length
    return { from: to - length, to }
  })
}
const fold = (groups: readonly number[], lengths: readonly number[] = [groups.length]) =>
  groupFolds({ n: groups.length, streams: asStreams(lengths) }, stored(groups), foldCounts)

/** Rows of some streams, each of one of some groups, 0 = none. */
const scene = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 4 }), fc.integer({ min: 4, max: 40 }))
  .chain(([lengths, most]) => {
    const n = lengths.reduce((sum, length) => sum + length, 0)
    return fc.record({
      lengths: fc.constant(lengths),
      groups: fc.array(fc.integer({ min: 0, max: most }), { minLength: n, maxLength: n }),
    })
  })
const unitsOf = (groups: readonly number[]): number =>
  new Set(groups.filter((group) => group > 0)).size + groups.filter((group) => group === 0).length

describe('groupFolds', () => {
  it('puts no group into two folds, leaves none empty, and makes them as equal as the largest group lets it', () => {
    fc.assert(
      fc.property(scene, ({ lengths, groups }) => {
        fc.pre(unitsOf(groups) >= 4 && groups.some((group) => group > 0))
        const { foldOf, count, largest } = fold(groups, lengths)
        expect(count).toBe(foldCounts.find((folds) => folds <= unitsOf(groups)))
        const home = new Map<number, number>()
        const sizes = Array<number>(count).fill(0)
        groups.forEach((group, row) => {
          sizes[foldOf[row]]++
          if (group > 0) expect(home.get(group) ?? foldOf[row]).toBe(foldOf[row])
          home.set(group, foldOf[row])
        })
        for (const size of sizes) {
          expect(size).toBeGreaterThan(0)
          expect(Math.abs(size - groups.length / count)).toBeLessThanOrEqual(largest)
        }
      }),
    )
  })

  it('does not mind what groups are called, nor how they are numbered', () => {
    fc.assert(
      fc.property(
        scene,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 41, maxLength: 41 }),
        ({ lengths, groups }, keys) => {
          fc.pre(unitsOf(groups) >= 4 && groups.some((group) => group > 0))
          const names = [...keys.keys()].sort((a, b) => keys[a] - keys[b])
          const renamed = groups.map((group) => (group === 0 ? 0 : 1 + names[group]))
          expect(fold(renamed, lengths)).toEqual(fold(groups, lengths))
        },
      ),
    )
  })

  it('keeps the order of time as far as groups have one: earlier groups are in earlier folds', () => {
    const clips = Array.from({ length: 120 }, (_, i) => 1 + Math.floor(i / 3))
    const { foldOf } = fold(clips)
    expect([...foldOf]).toEqual(clips.map((clip) => Math.floor((clip - 1) / 4)))
    // The same of two streams, whose clips have other names: a fold holds its part of both.
    const both = fold([...clips, ...clips.map((clip) => clip + 40)], [120, 120])
    expect([...both.foldOf]).toEqual([...foldOf, ...foldOf])
  })

  it('has a group of several streams in one fold', () => {
    const { foldOf } = fold([1, 2, 3, 4, 5, 5, 4, 3, 2, 1], [5, 5])
    expect([...foldOf.slice(0, 5)]).toEqual([...foldOf.slice(5)].reverse())
  })

  it('tells how many groups there are, how large, and which rows have none', () => {
    expect(fold([1, 1, 0, 2, 0, 3, 2, 2])).toMatchObject({ groups: 3, largest: 3, alone: 2, effective: 64 / 16, count: 4 })
  })

  it('refuses rows of too few groups, and rows that name none', () => {
    const few = () => fold([1, 1, 2, 2, 3, 3])
    expect(few).toThrow(expect.objectContaining({ reason: 'too_few_groups' }))
    expect(few).toThrow(/the 6 rows are of 3 groups, at least 4 are needed .* 10 or more .* finer groups \(decode\.\*\.group/)
    expect(() => fold([1, 1, 0])).toThrow(/of 1 group and 1 row without one/)
    expect(() => fold(Array(60).fill(0))).toThrow(expect.objectContaining({ reason: 'no_groups' }))
  })
})

it('numbers groups as they come, 0 for none', () => {
  const numbers = new GroupNumbers()
  expect(['b', undefined, 'a', 'b', ''].map((name) => numbers.of(name))).toEqual([1, 0, 2, 1, 3])
})
