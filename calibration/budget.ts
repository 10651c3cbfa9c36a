import type { BudgetBar, Calibration, CalibrationStatus } from './calibration.js'
import { gammaQuantile } from './gamma.js'
import { mostEpisodes, rateAt, scoreWith, tailScore } from './rate-map.js'

/** Episodes that the budget must allow inside the calibration data for a threshold to be read off the curve itself. */
export const RELIABLE_EPISODES = 8
/** Rule of three: with none seen, the rate is at most 3/span with 95 % confidence. */
const RULE_OF_THREE = 3
const MOST_EPISODES = 1e6

/** What a bar is read off. */
type Curve = Pick<Calibration, 'spanDays' | 'combined' | 'ceiling'>

/**
 * The bar on a = -log10 lambda that opens `budgetPerDay` alerts a day on clean data, and how far to trust it
 * (calibration study, sections 3 and 9): K = budget x span is the number of alerts that the budget allows inside the
 * calibration data; the true rate is budget x Gamma(K, 1)/K.
 */
export const barFor = (calibration: Curve, budgetPerDay: number, selfTestPassed: boolean): BudgetBar => {
  const { spanDays, combined } = calibration
  const k = budgetPerDay * spanDays
  const bar = barAt(calibration, budgetPerDay)
  const ceiled = k > mostEpisodes(combined) || wantedBar(calibration, k) < calibration.ceiling
  const reachablePerDay = ceiled ? Math.min(budgetPerDay, rateAt(combined, bar, spanDays)) : undefined
  const result = {
    budgetPerDay,
    bar,
    k,
    status: statusOf(k, ceiled, selfTestPassed),
    likely: likelyRate(reachablePerDay ?? budgetPerDay, spanDays),
    resolutionPerDay: RULE_OF_THREE / spanDays,
    reachablePerDay,
    missingDays: Math.max(0, RELIABLE_EPISODES / budgetPerDay - spanDays),
  }
  return { ...result, sentence: describe(result, spanDays) }
}

/** The bar on a that opens so many alerts a day, or as many as it can. */
export const barAt = (calibration: Curve, perDay: number): number =>
  Math.max(wantedBar(calibration, perDay * calibration.spanDays), calibration.ceiling)

const wantedBar = ({ combined }: Curve, k: number): number =>
  k >= RELIABLE_EPISODES || k > combined.tailCount ? scoreWith(combined, k) : tailScore(combined, k)

const statusOf = (k: number, ceiled: boolean, selfTestPassed: boolean): CalibrationStatus => {
  if (!selfTestPassed) return 'REFUSED'
  if (ceiled) return 'CEILING'
  if (k < 1) return 'UNVERIFIABLE'
  return k < RELIABLE_EPISODES ? 'PROVISIONAL' : 'OK'
}

/**
 * 5 to 95 % of rate x Gamma(K, 1)/K. Below K = 1 the law no longer holds; the rule of three, equal to it at K = 1, bounds the rate.
 * From K = 10^6 on, where the interval is within 0.2 % of the rate, it is not made any narrower: the quantile's cost grows with K.
 */
const likelyRate = (ratePerDay: number, spanDays: number): readonly [number, number] => {
  const days = Math.min(spanDays, MOST_EPISODES / ratePerDay)
  const k = ratePerDay * days
  const most = k < 1 ? RULE_OF_THREE : gammaQuantile(k, 0.95)
  return [gammaQuantile(k, 0.05) / days, most / days]
}

const describe = (bar: Omit<BudgetBar, 'sentence'>, spanDays: number): string => {
  const [least, most] = bar.likely
  const trust = {
    OK: `true rate likely ${brief(least)}–${brief(most)}/day`,
    PROVISIONAL: `true rate likely ${brief(least)}–${brief(most)}/day`,
    UNVERIFIABLE: `true rate at most ${brief(most)}/day (95 %), the budget cannot be verified`,
    CEILING: `the alarm can open at most ${brief(bar.reachablePerDay ?? bar.budgetPerDay)}/day`,
    REFUSED: 'the halves of the reference disagree, so alerts are unbudgeted',
  }[bar.status]
  const wait = bar.missingDays > 0 && bar.status !== 'REFUSED' ? `; reliable after ${brief(bar.missingDays)} more clean days` : ''
  return `budget ${brief(bar.budgetPerDay)}/day, calibrated on ${brief(spanDays)} days: K=${brief(bar.k)} ${bar.status}; ${trust}${wait}`
}

/** Two significant digits, more before the decimal point. */
const brief = (value: number): string => (value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(2))))

/** Budgets that people ask for. */
const LADDER = [
  { label: '1/month', perDay: 1 / 30 },
  { label: '1/week', perDay: 1 / 7 },
  { label: '1/day', perDay: 1 },
  { label: '3/day', perDay: 3 },
  { label: '10/day', perDay: 10 },
  { label: '1/hour', perDay: 24 },
  { label: '4/hour', perDay: 96 },
  { label: '1/minute', perDay: 1440 },
  { label: '10/minute', perDay: 14_400 },
  { label: '1/second', perDay: 86_400 },
] as const

export interface SizingRow extends BudgetBar {
  readonly label: string
}

/**
 * Which budgets a calibration can support, from few to many alerts: from about the first with K >= 1
 * (and the two below it, to show what is missing) up to the first that meets the ceiling.
 */
export const sizingTable = (calibration: Calibration, selfTestPassed: boolean): SizingRow[] => {
  const most = mostEpisodes(calibration.combined)
  const k = (perDay: number) => perDay * calibration.spanDays
  const verifiable = LADDER.findIndex(({ perDay }) => k(perDay) >= 1)
  const ceiled = LADDER.findIndex(({ perDay }) => k(perDay) > most)
  const rows = LADDER.slice(Math.max(0, verifiable - 2), ceiled < 0 ? undefined : ceiled + 1)
  return rows.map(({ label, perDay }) => ({ label, ...barFor(calibration, perDay, selfTestPassed) }))
}
