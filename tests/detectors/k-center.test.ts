import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { kCenter, nearestSquares } from '../../detectors/k-center.js'

const squared = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, j) => sum + (value - b[j]) ** 2, 0)
const nearest = (point: readonly number[], centres: readonly (readonly number[])[]) => Math.min(...centres.map((c) => squared(point, c)))
const rows = (points: readonly (readonly number[])[]) => Float32Array.from(points.flat())

/** By definition: each time the first of those farthest from all that are chosen. */
function greedy(points: readonly (readonly number[])[], k: number): number[] {
  const chosen = [0]
  while (chosen.length < k) {
    const far = points.map((point) =>
      nearest(
        point,
        chosen.map((i) => points[i]),
      ),
    )
    const most = Math.max(...far)
    if (most === 0) break
    chosen.push(far.indexOf(most))
  }
  return chosen
}

/** Squared radius with which some choice of k covers all. */
function best(points: readonly (readonly number[])[], k: number, chosen: readonly (readonly number[])[] = [], from = 0): number {
  if (chosen.length === k || from === points.length)
    return chosen.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...points.map((point) => nearest(point, chosen)))
  return Math.min(best(points, k, [...chosen, points[from]], from + 1), best(points, k, chosen, from + 1))
}

/** Whole numbers, so that sums are exact; wide enough for sums that are given up half way. */
const pointsOf = (d: number, most: number) =>
  fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: d, maxLength: d }), { minLength: 1, maxLength: most })

describe('greedy k-center', () => {
  it('chooses as by definition', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }).chain((d) => fc.tuple(fc.constant(d), pointsOf(d, 30))),
        fc.integer({ min: 1, max: 12 }),
        ([d, points], k) => {
          expect(kCenter(rows(points), d, k)).toEqual(greedy(points, k))
        },
      ),
    )
  })

  it('leaves no point more than twice as far from the chosen as the best choice would', () => {
    fc.assert(
      fc.property(pointsOf(2, 9), fc.integer({ min: 1, max: 3 }), (points, k) => {
        const chosen = kCenter(rows(points), 2, k).map((i) => points[i])
        const radius = Math.sqrt(Math.max(...points.map((point) => nearest(point, chosen))))
        expect(radius).toBeLessThanOrEqual(2 * Math.sqrt(best(points, k)) + 1e-9)
      }),
    )
  })

  it('chooses no point twice where fewer differ, and none of nothing', () => {
    expect(kCenter(Float32Array.of(1, 1, 5, 1, 5), 1, 4)).toEqual([0, 2])
    expect(kCenter(new Float32Array(0), 3, 4)).toEqual([])
  })
})

it('the nearest of others is found whatever their order', () => {
  fc.assert(
    fc.property(pointsOf(20, 12), pointsOf(20, 12), (points, others) => {
      const expected = points.map((point) => nearest(point, others))
      expect([...nearestSquares(rows(points), rows(others), 20)]).toEqual(expected)
      expect([...nearestSquares(rows(points), rows(others.toReversed()), 20)]).toEqual(expected)
    }),
  )
})
