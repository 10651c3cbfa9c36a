import { barFor } from './budget.js'
import type { BudgetBar, Calibration } from './calibration.js'
import { MOST_DECADES, stepAt } from './rate-map.js'

/** How many decades the bars of streams lie above the common one. */
export interface StreamBars {
  /** Of the streams with a bar of their own. */
  readonly own: ReadonlyMap<string, number>
  /** Of all others, those that the reference does not know included. */
  readonly others: number
}

export const oneBar: StreamBars = { own: new Map(), others: 0 }

/** Halvings of some 20 decades: to the last bits. */
const HALVINGS = 55

/**
 * Gives a stream a bar of its own where its held-out episodes support one (OK by `barFor`, with its share of the budget) and are not what
 * the common bar would let chance open: their number there is outside of the 90 % interval of K, K x Gamma(K, 1)/K. The others get the bar
 * at which they open together what is left of the budget. Shares are by rows.
 */
export function streamBars({ streams, rows, rowsPerDay, ceiling }: Calibration, { bar, budgetPerDay, status }: BudgetBar): StreamBars {
  if (streams === undefined || status === 'REFUSED') return oneBar
  const found = streams.own.map((curve) => {
    const spanDays = curve.rows / rowsPerDay
    const own = barFor({ ...curve, spanDays }, budgetPerDay, true)
    const [least, most] = own.likely
    const perDay = stepAt(curve.combined, bar) / spanDays
    return { curve, shift: own.status === 'OK' && (perDay < least || perDay > most) ? own.bar - bar : undefined }
  })
  const own = new Map(found.flatMap(({ curve: { name }, shift }) => (shift === undefined ? [] : [[name, shift]])))
  const rest = [...found.flatMap(({ curve, shift }) => (shift === undefined ? [curve] : [])), ...(streams.others ? [streams.others] : [])]
  if (own.size === 0 || rest.length === 0) return { own, others: 0 }
  const left = found.reduce((sum, { curve, shift }) => (shift === undefined ? sum : sum - curve.rows), rows)
  const opened = (bar: number) => rest.reduce((sum, { combined }) => sum + stepAt(combined, bar), 0)
  const least = Math.min(ceiling, Math.max(...rest.map((curve) => curve.ceiling)))
  return { own, others: lowestBar(opened, (budgetPerDay * left) / rowsPerDay, least) - bar }
}

/** The bar from `least` on at which no more than `allowed` open. */
function lowestBar(opened: (bar: number) => number, allowed: number, least: number): number {
  let [low, high] = [least, MOST_DECADES]
  if (opened(low) <= allowed) return low
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2
    if (opened(middle) > allowed) low = middle
    else high = middle
  }
  return high
}
