import { describe, expect, test } from 'vitest'
import {
  BLOCKS_WATCHED,
  type BudgetBlock,
  type BudgetFinding,
  type BudgetMeasure,
  judgeBudget,
  recovered,
} from '../../calibration/budget-watch.js'
import { mean, uniform } from './series.js'

const measure: BudgetMeasure = { block: 100, allowed: 1, shortest: 0, dispersion: 1 }
const blocks = (n: number, block: Partial<BudgetBlock> = {}): BudgetBlock[] =>
  Array.from({ length: n }, () => ({ alerts: 1, open: 0, pegged: 0, ...block }))

/** Counts of a Poisson stream of alerts, block by block. */
function poisson(seed: number): (rate: number) => number {
  const random = uniform(seed)
  return (rate) => {
    const wait = () => -Math.log(1 - random())
    let count = 0
    for (let at = wait(); at < rate; at += wait()) count++
    return count
  }
}

/** Blocks at `rate` budgets, after `before` on budget, until the finding; Infinity if there is none within `limit`. */
function blocksToFinding(seed: number, rate: number, finding: BudgetFinding, limit: number, before = 0): number {
  const draw = poisson(seed)
  let full: BudgetBlock[] = []
  const add = (of: number) => {
    full = [...full, ...blocks(1, { alerts: draw(of) })].slice(-BLOCKS_WATCHED)
  }
  for (let i = 0; i < before; i++) add(1)
  for (let i = 1; i <= limit; i++) {
    add(rate)
    if (judgeBudget(full, measure).finding === finding) return i
  }
  return Number.POSITIVE_INFINITY
}
const share = (rate: number, finding: BudgetFinding) =>
  mean(Array.from({ length: 120 }, (_, seed) => Number(blocksToFinding(seed, rate, finding, 90) < Number.POSITIVE_INFINITY)))
const quantileOf = (p: number, rate: number, finding: BudgetFinding, before: number) =>
  Array.from({ length: 101 }, (_, seed) => blocksToFinding(seed, rate, finding, 300, before)).toSorted((a, b) => a - b)[Math.round(100 * p)]

describe('whether the budget is held', () => {
  test('on budget hardly any stream is flagged in 90 budgets', () => {
    expect(share(1, 'over')).toBeLessThanOrEqual(0.005)
    expect(share(1, 'under')).toBeLessThanOrEqual(0.01)
    expect(share(2, 'over')).toBeLessThanOrEqual(0.25)
  })

  test.each([
    { rate: 4, finding: 'over', median: 7, late: 14 },
    { rate: 8, finding: 'over', median: 4, late: 5 },
    { rate: 0.1, finding: 'under', median: 16, late: 30 },
    { rate: 0.25, finding: 'under', median: 37, late: 90 },
  ] as const)('$rate times the budget is found, also after 90 budgets that were right', ({ rate, finding, median, late }) => {
    for (const before of [0, 90]) {
      expect(quantileOf(0.5, rate, finding, before)).toBeLessThanOrEqual(median)
      expect(quantileOf(0.9, rate, finding, before)).toBeLessThanOrEqual(late)
    }
  })

  test('one burst is no rate, and clustering asks for more', () => {
    expect(judgeBudget(blocks(3, { alerts: 9 }), measure).finding).toBeUndefined()
    expect(judgeBudget(blocks(4, { alerts: 6 }), measure).finding).toBe('over')
    expect(judgeBudget(blocks(4, { alerts: 6 }), { ...measure, dispersion: 4 }).finding).toBeUndefined()
  })

  test('names the stretch with the strongest evidence', () => {
    const verdict = judgeBudget([...blocks(30), ...blocks(5, { alerts: 8 })], measure)
    expect(verdict).toMatchObject({ finding: 'over', records: 500, alerts: 40, allowed: 5 })
  })

  test('a permanent alert is not taken for a quiet stream, nor feedback at its bound for a permanent alert', () => {
    const stuck = blocks(20, { alerts: 0, open: 21 })
    expect(judgeBudget(stuck, measure)).toMatchObject({ finding: 'stuck', inAlarm: expect.closeTo(0.21) })
    expect(judgeBudget(blocks(20, { alerts: 0, open: 60, pegged: 21 }), measure).finding).toBe('pegged')
    expect(judgeBudget(stuck.slice(1), measure).finding).toBe('under')
    expect(judgeBudget(blocks(20, { open: 20 }), measure).finding).toBeUndefined()
    expect(judgeBudget(blocks(20, { open: 55 }), { ...measure, shortest: 40 }).finding).toBeUndefined()
  })

  test('is over when the last ten budgets look right', () => {
    const bad = blocks(20, { alerts: 5 })
    expect(recovered([...bad, ...blocks(7)], measure)).toBeUndefined()
    expect(recovered([...bad, ...blocks(8)], measure)).toEqual([...blocks(2, { alerts: 5 }), ...blocks(8)])
    expect(recovered(blocks(9), measure)).toBeUndefined()
    expect(recovered(blocks(10, { alerts: 0 }), measure)).toBeUndefined()
    expect(recovered(blocks(10, { open: 21 }), measure)).toBeUndefined()
    expect(recovered([...blocks(6, { alerts: 0 }), ...blocks(4, { alerts: 5 })], measure)).toBeUndefined()
  })
})
