/** Is the realised rate of alerts on budget? (Calibration study, section 8.) */

/** Factors of the alternatives "the rate is f x 2 budget" and "f x budget / 2". */
const OVER_FACTORS = [1.5, 2, 3, 4, 8]
const UNDER_FACTORS = [0.7, 0.5, 0.25, 0.1, 0.02]
/** An e-value that on budget is reached with a chance of at most 1/20, ever. */
const FLAG = 20

export interface Realised {
  readonly alerts: number
  readonly days: number
  readonly budgetPerDay: number
  /** Clustering of alerts, at least 1: the variance of their counts over the mean. */
  readonly dispersion: number
}

export type RealisedVerdict = 'over' | 'under' | 'within' | 'untestable'

export interface RealisedTest {
  /** Evidence against "at most twice the budget", and against "at least half of it". */
  readonly over: number
  readonly under: number
  /** 'untestable': so little time that even no alert at all would be no evidence. */
  readonly verdict: RealisedVerdict
}

/**
 * Mixtures of Poisson likelihood ratios against twice and half the budget: e-processes, so they may be read at any time.
 * Dividing the logarithms by the dispersion keeps clustered alerts from flagging falsely.
 */
export const testRealised = (realised: Realised): RealisedTest => {
  const over = evidence(realised, OVER_FACTORS, 2)
  const under = evidence(realised, UNDER_FACTORS, 0.5)
  return { over, under, verdict: verdictOf(realised, over, under) }
}

const evidence = ({ alerts, days, budgetPerDay, dispersion }: Realised, factors: readonly number[], scale: number): number => {
  const logs = factors.map((f) => (alerts * Math.log(f) - (f - 1) * scale * budgetPerDay * days) / dispersion)
  return logs.reduce((sum, log) => sum + Math.exp(log) / logs.length, 0)
}

const verdictOf = (realised: Realised, over: number, under: number): RealisedVerdict => {
  if (over >= FLAG) return 'over'
  if (under >= FLAG) return 'under'
  return evidence({ ...realised, alerts: 0 }, UNDER_FACTORS, 0.5) < FLAG ? 'untestable' : 'within'
}

/**
 * max(1, variance/mean) of alert counts in stretches of the given exposure (their length in any unit):
 * Pearson's chi-square over its degrees of freedom.
 */
export const dispersion = (stretches: readonly { readonly alerts: number; readonly exposure: number }[]): number => {
  const used = stretches.filter(({ exposure }) => exposure > 0)
  const alerts = used.reduce((sum, stretch) => sum + stretch.alerts, 0)
  const exposure = used.reduce((sum, stretch) => sum + stretch.exposure, 0)
  if (alerts === 0 || used.length < 2) return 1
  const chiSquare = used.reduce((sum, stretch) => {
    const expected = (alerts * stretch.exposure) / exposure
    return sum + (stretch.alerts - expected) ** 2 / expected
  }, 0)
  return Math.max(1, chiSquare / (used.length - 1))
}

/** Evaluations so far, and those with an alert open: a permanently open alert is one alert, and would look like "under budget". */
export interface TimeInAlarm {
  readonly evaluations: number
  readonly open: number
}

export const shareInAlarm = ({ evaluations, open }: TimeInAlarm): number => (evaluations === 0 ? 0 : open / evaluations)
