import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limitsOf, unlimited } from '../../calibration/departure.js'
import { type Adaptation, BLOCK, type Copy, findingOf, lastingWeight, SlowCopy, SPAN, STEP } from '../../calibration/slow-copy.js'
import { arRows, normal } from './series.js'

const frozen = { mean: Float64Array.of(10, -3), scale: Float64Array.of(2, 0.5) }
const adaptation: Adaptation = {
  ...frozen,
  recency: 0.1,
  rows: 10_000,
  limit: Number.POSITIVE_INFINITY,
  quiet: unlimited,
  precision: Float64Array.of(1, 0, 0, 1),
}
/** Of independent normal rows. */
const careful: Adaptation = { ...adaptation, recency: 1, limit: 0.5, quiet: limitsOf([{ shift: 0, spread: 0, together: 0 }], 2) }

/** Rows of the frozen reference, moved and stretched, in its units. */
const rowsOf = (n: number, move = 0, stretch = 1, seed = 1): Float64Array => {
  const draw = normal(seed)
  return Float64Array.from({ length: 2 * n }, (_, i) => frozen.mean[i % 2] + frozen.scale[i % 2] * (move + stretch * draw()))
}

/** Feeds the rows; returns the copies of the steps. */
const feed = (copy: SlowCopy, rows: Float64Array): Copy[] => {
  const steps: Copy[] = []
  for (let at = 0; at < rows.length; at += 2) {
    const step = copy.step(rows, at)
    if (step !== undefined) steps.push(step)
  }
  return steps
}

describe('a slow copy of the reference', () => {
  test('weighs its steps as AdaB2N', () => {
    expect([0.1, 0.4, 0.7, 1].map((recency) => Number(lastingWeight(recency).toFixed(4)))).toEqual([0.0105, 0.0413, 0.0711, 0.1])
  })

  test('leaves rows as they are until its first step', () => {
    const rows = rowsOf(STEP - 1)
    const before = rows.slice()
    feed(new SlowCopy(adaptation), rows)
    for (const [i, value] of rows.entries()) expect(value).toBeCloseTo(before[i], 10)
  })

  test('without recency it is the reference and all rows since, taken together', () => {
    const copy = new SlowCopy({ ...adaptation, recency: 0 })
    const live = rowsOf(5 * STEP, 0.4)
    const mean = [0, 1].map((j) => live.reduce((sum, x, i) => sum + (i % 2 === j ? (x - frozen.mean[j]) / frozen.scale[j] : 0), 0))
    const steps = feed(copy, live)
    expect(steps.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5])
    for (const [j, sum] of mean.entries()) expect(steps[4].mean[j]).toBeCloseTo(sum / (10_000 + 5 * STEP), 10)
  })

  test('a stream that has moved and spread comes to lie where the reference does', () => {
    const copy = new SlowCopy({ ...adaptation, recency: 1 })
    feed(copy, rowsOf(100 * STEP, 3, 2))
    const rows = rowsOf(4 * STEP, 3, 2, 9)
    const { mean, deviation } = copy.copy
    for (const j of [0, 1]) {
      expect(mean[j]).toBeCloseTo(3, 0)
      expect(deviation[j]).toBeCloseTo(2, 0)
    }
    feed(copy, rows)
    const first = rows.filter((_, i) => i % 2 === 0)
    const level = first.reduce((sum, x) => sum + x, 0) / first.length
    expect(level).toBeCloseTo(10, 0)
    expect(Math.sqrt(first.reduce((sum, x) => sum + (x - level) ** 2, 0) / first.length)).toBeCloseTo(2, 0)
  })

  test('blocks that are farther away than the limit are counted and teach it nothing', () => {
    const watchful = { ...adaptation, limit: 0.5 }
    const [quiet, disturbed] = [rowsOf(3 * STEP), rowsOf(3 * STEP)]
    // Five blocks of a fault, one of them with what is no number of this world.
    for (let i = 2 * STEP; i < 2 * STEP + 2 * 5 * BLOCK; i++) disturbed[i] += 20
    disturbed[2 * STEP] = 1e308
    const [one, other] = [new SlowCopy(watchful), new SlowCopy(watchful)]
    feed(one, quiet)
    feed(other, disturbed)
    expect([one.copy.heldOut, other.copy.heldOut]).toEqual([0, 5])
    for (const [j, mean] of other.copy.mean.entries()) expect(Math.abs(mean - one.copy.mean[j])).toBeLessThan(0.01)
  })

  test('a burst does not spoil its span', () => {
    const [quiet, disturbed] = [rowsOf(STEP), rowsOf(STEP)]
    for (let i = 0; i < 2 * BLOCK; i++) disturbed[i] += 20
    const [one, other] = [new SlowCopy(careful), new SlowCopy(careful)]
    feed(one, quiet)
    expect(feed(other, disturbed)).toHaveLength(1)
    expect(other.copy.heldOut - one.copy.heldOut).toBe(1)
  })

  test.each([0.3, 0.5, 0.8])('a shift of %f deviations that stays is never learnt', (move) => {
    const copy = new SlowCopy(careful)
    expect(feed(copy, rowsOf(20 * STEP, move))).toEqual([])
    expect(copy.copy).toMatchObject({ version: 0, heldOut: (20 * STEP) / BLOCK, mean: Float64Array.of(0, 0) })
  })

  test('nor is a spread that stays', () => {
    expect(feed(new SlowCopy(careful), rowsOf(20 * STEP, 0, 1.4))).toEqual([])
  })

  test('of a fault in the middle of a step less than a hundredth of a deviation is learnt', () => {
    const [quiet, faulty] = [rowsOf(10 * STEP), rowsOf(10 * STEP)]
    for (let i = 2 * (4 * STEP + 2 * SPAN + 3 * BLOCK); i < faulty.length; i += 2) faulty[i] += 2 * 0.8
    const [one, other] = [new SlowCopy(careful), new SlowCopy(careful)]
    const before = feed(one, quiet)[4]
    const learnt = feed(other, faulty)
    expect(learnt.length).toBeLessThanOrEqual(5)
    expect(Math.abs(other.copy.mean[0] - before.mean[0])).toBeLessThan(0.01)
  })

  test('a shift that breaks a correlation is seen where each feature alone shows little', () => {
    const rho = 0.95
    const precision = Float64Array.of(1, -rho, -rho, 1).map((value) => value / (1 - rho * rho))
    const correlated = (move: number) => {
      const rows = rowsOf(10 * STEP)
      for (let i = 0; i < rows.length; i += 2) {
        const [u, v] = [(rows[i] - 10) / 2, (rows[i + 1] + 3) / 0.5]
        rows[i + 1] = -3 + 0.5 * (rho * u + Math.sqrt(1 - rho * rho) * v + move)
      }
      return rows
    }
    expect(feed(new SlowCopy({ ...careful, precision }), correlated(0))).toHaveLength(10)
    expect(feed(new SlowCopy({ ...careful, precision }), correlated(0.15))).toEqual([])
    expect(feed(new SlowCopy(careful), correlated(0.15)).length).toBeGreaterThan(5)
  })

  test('a drift of a tenth of a deviation in ten steps is followed', () => {
    const copy = new SlowCopy(careful)
    const rows = rowsOf(80 * STEP)
    for (let i = 0; i < rows.length; i += 2) rows[i] += (2 * 0.8 * i) / rows.length
    expect(feed(copy, rows).length).toBeGreaterThan(70)
    expect(copy.copy.mean[0]).toBeGreaterThan(0.65)
    expect(copy.copy.heldOut / (rows.length / 2 / BLOCK)).toBeLessThan(0.1)
  })

  test('a step with too few of its blocks left is not taken', () => {
    const copy = new SlowCopy({ ...adaptation, limit: 0.5 })
    expect(feed(copy, rowsOf(STEP, 20))).toEqual([])
    expect(copy.copy).toEqual({ version: 0, heldOut: STEP / BLOCK, mean: Float64Array.of(0, 0), deviation: Float64Array.of(1, 1) })
  })

  test('what records lack stays missing and teaches it nothing', () => {
    const copy = new SlowCopy({ ...adaptation, recency: 1 })
    const rows = rowsOf(2 * STEP, 1).map((value, i) => (i % 2 === 1 ? Number.NaN : value))
    feed(copy, rows)
    expect(rows[3]).toBeNaN()
    expect(copy.copy.mean[1]).toBeCloseTo(0, 12)
    expect(copy.copy.deviation[1]).toBeCloseTo(1, 12)
  })

  test('the feature that has gone farthest says how far it is from the frozen reference', () => {
    const at = { version: 3, heldOut: 0, mean: Float64Array.of(0.3, -0.4), deviation: Float64Array.of(1, 1.3) }
    expect(findingOf(at)).toEqual({ version: 3, heldOut: 0, distance: 0.5 })
  })

  test('constant features pass through', () => {
    const copy = new SlowCopy({ ...adaptation, recency: 1, scale: Float64Array.of(2, 0) })
    const rows = rowsOf(2 * STEP, 1)
    const before = rows.slice()
    feed(copy, rows)
    for (let i = 1; i < rows.length; i += 2) expect(rows[i]).toBe(before[i])
    expect(copy.copy.mean[1]).toBe(0)
  })

  test('goes on from its state to the last bit', () => {
    // Of such rows some spans are held out, others are not.
    const cautious = {
      ...careful,
      mean: new Float64Array(2),
      scale: new Float64Array(2).fill(1),
      quiet: { shift: 200, spread: 40, together: 300 },
    }
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 * STEP }), fc.nat(99), (cut, seed) => {
        const rows = arRows(seed, 2 * STEP + 100, 2, 0.9)
        const whole = rows.slice()
        const one = new SlowCopy(cautious)
        feed(one, whole)
        const first = new SlowCopy(cautious)
        feed(first, rows.subarray(0, 2 * cut))
        const second = new SlowCopy(cautious, first.state())
        feed(second, rows.subarray(2 * cut))
        expect(rows).toEqual(whole)
        expect(second.state()).toEqual(one.state())
      }),
      { numRuns: 20 },
    )
  })
})
