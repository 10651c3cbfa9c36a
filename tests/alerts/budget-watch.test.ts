import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type BudgetNews, type BudgetPolicy, type BudgetState, BudgetWatch, budgetUse, noBudgetState } from '../../alerts/budget-watch.js'
import { composeCalibration } from '../../alerts/compose.js'
import { partitionName } from '../../alerts/identity.js'
import { type AlertState, advance } from '../../alerts/lifecycle.js'
import { policy as life, source } from './builders.js'

const policy: BudgetPolicy = { version: 'r1 at 1/day', block: 4, allowed: 1, shortest: 0, dispersion: 1 }
const copy = (state: BudgetState): BudgetState => JSON.parse(JSON.stringify(state))

/** Records at offsets from 0 on, one an hour: how many alerts each opens. The fold is cut, and read back, after the given sizes. */
function told(opened: readonly number[], sizes: readonly number[] = []): { news: BudgetNews[]; state: BudgetState } {
  const news: BudgetNews[] = []
  let state = noBudgetState
  let offset = 0
  for (const size of [...sizes, opened.length]) {
    const watch = new BudgetWatch(copy(state), policy)
    for (const end = Math.min(opened.length, offset + size); offset < end; offset++) {
      const one = watch.add(offset, 3_600_000 * offset, opened[offset], false, false)
      if (one !== undefined) news.push(one)
    }
    state = watch.state()
  }
  return { news, state }
}

/** So many budgets of `alerts` alerts each. */
const budgets = (n: number, alerts: number) => Array.from({ length: n }, () => [alerts, 0, 0, 0]).flat()
const outcomes = (opened: readonly number[]) => told(opened).news.map(({ observation: { outcome, at } }) => `${at.offset} ${outcome}`)

describe('the watch on the budget', () => {
  it('has nothing to tell of a budget that is held', () => {
    expect(outcomes(budgets(100, 1))).toEqual([])
  })

  it('tells at the record that filled the block, goes on, and ends when the last ten budgets look right', () => {
    const story = outcomes([...budgets(10, 1), ...budgets(4, 6), ...budgets(20, 1)])
    expect(story[0]).toBe('51 opened')
    expect(story.slice(1, 3)).toEqual(['55 sustained', '59 sustained'])
    expect(story.at(-1)).toBe('87 cleared')
  })

  it('says which finding, with its evidence, and at the end what it was', () => {
    const { news } = told([...budgets(4, 6), ...budgets(12, 1)])
    expect(news[0].evidence).toMatchObject({ trouble: 'calibration_off', finding: 'over', records: 16, alerts: 24, allowed: 4 })
    expect(news[0].evidence.eValue).toBeGreaterThan(20)
    expect(news.at(-1)).toMatchObject({ observation: { outcome: 'cleared' }, evidence: { finding: 'over', alerts: 20, allowed: 10 } })
  })

  it('becomes a warning when it lasts, but not for too few alerts', () => {
    const severities = (opened: readonly number[]) => told(opened).news.map(({ observation }) => observation.grade.severity)
    expect(severities(budgets(30, 5)).indexOf('warning')).toBe(20)
    expect(new Set(severities(budgets(100, 0)))).toEqual(new Set(['info']))
  })

  it('does not depend on how the input was cut into batches, nor on a restart in between', () => {
    const records = fc.array(fc.constantFrom(0, 0, 0, 1, 2), { maxLength: 300 })
    fc.assert(
      fc.property(records, fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 30 }), (opened, sizes) => {
        expect(told(opened, sizes)).toEqual(told(opened))
      }),
    )
  })

  it('counts anew under another reference or budget, but forgets no open alert', () => {
    const { state } = told([...budgets(4, 6), 1])
    const watch = new BudgetWatch(state, { ...policy, version: 'r2 at 1/day' })
    expect(watch.state()).toMatchObject({ version: 'r2 at 1/day', filled: 0, full: [], trouble: { finding: 'over' } })
  })

  it('gives the use of the budget over all partitions', () => {
    expect(budgetUse([])).toBe(0)
    expect(budgetUse([noBudgetState])).toBe(0)
    expect(budgetUse([told(budgets(6, 3)).state, told(budgets(2, 1)).state])).toBe(20 / 8)
  })

  it('lives as one alert of the partition, of a kind of its own', () => {
    const of = { ...source, kind: 'calibration' as const, stream: partitionName('features', 3) }
    let state: AlertState | undefined
    const summaries: string[] = []
    for (const { observation, evidence } of told([...budgets(27, 5), ...budgets(16, 1)]).news) {
      const step = advance(state, observation, { ...life, updateEvery: 86_400_000 * 2 }, of)
      state = step.state
      if (step.change === undefined) continue
      const { data } = composeCalibration(of, step.change, evidence, 1)
      expect(data).toMatchObject({ kind: 'calibration', dedupKey: 'payments/features[3]/calibration', severityReason: 'budget' })
      summaries.push(`${data.severity} ${data.reason} ${data.summary}`)
    }
    expect([summaries[0], ...summaries.filter((line) => line.startsWith('warning')).slice(0, 1), summaries.at(-1)]).toEqual([
      'info calibration_off features[3]: the calibration no longer holds: 20 alerts in the last 16 records, where the budget allows 4',
      'warning calibration_off features[3]: the calibration no longer holds: 120 alerts in the last 96 records, where the budget allows 24',
      'warning calibration_holds features[3]: the calibration holds again after 5 days: 18 alerts in the last 40 records, where the budget allows 10',
    ])
  })
})
