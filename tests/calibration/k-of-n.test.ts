import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kOfN, kthLargest } from '../../calibration/k-of-n.js'

describe('k of n', () => {
  test('is over a bar exactly when k of the last n values are', () => {
    const logic = fc.integer({ min: 1, max: 7 }).chain((n) => fc.tuple(fc.integer({ min: 1, max: n }), fc.constant(n)))
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 30 }), logic, (values, [k, n]) => {
        const run = Float64Array.from(values)
        const statistic = kOfN(run, k, n)
        for (let c = -0.5; c < 6; c++) {
          run.forEach((_, t) => {
            const over = run.subarray(Math.max(0, t - n + 1), t + 1).filter((value) => value > c).length
            expect(statistic[t] > c).toBe(over >= k)
          })
        }
      }),
    )
  })

  test('1 of 1 is the run itself; before the k-th value nothing fires', () => {
    const run = Float64Array.of(3, 1, 2, 5)
    expect(kOfN(run, 1, 1)).toEqual(run)
    expect(kOfN(run, 2, 3)).toEqual(Float64Array.of(-Infinity, 1, 2, 2))
  })

  test('counts equal values each', () => {
    expect([1, 2, 3, 4].map((k) => kthLargest([2, 7, 7], k))).toEqual([7, 7, 2, -Infinity])
  })
})
