/**
 * Scores -> expected alerts per day, as in the calibration study (section 9).
 *
 * lambda(x) = alerts per day that a detector would open on clean data with its threshold at x.
 * a(x) = -log10 lambda(x), in decades: the one scale on which all detectors are compared.
 */

/** lambda as a function of one detector's score: the top of its episode curve plus an exponential tail. */
export interface RateMap {
  /** Scores in falling order with the number of episodes that a threshold just below each opens (rising). */
  readonly scores: Float64Array
  readonly counts: Float64Array
  /** Exponential tail above `tailStart` (the score with 20 episodes): lambda = tailCount/span * exp(-(x - tailStart)/tailScale). */
  readonly tailStart: number
  readonly tailScale: number
  readonly tailCount: number
}

export type AlarmKind = 'record' | 'drift'

/**
 * From evaluations to alerts: an evaluation fires when k of the last n are over the bar (1 <= k <= n);
 * an alert ends after `gap` evaluations in a row without firing (gap >= 1).
 */
export interface KindLogic {
  readonly k: number
  readonly n: number
  readonly gap: number
}

export interface Calibration {
  /** Days of clean data (all streams together) that the curves were counted on. */
  readonly spanDays: number
  /** Records per day over all streams of the monitor, from event times or declared. */
  readonly rowsPerDay: number
  readonly rows: number
  readonly folds: number
  /** Per detector. */
  readonly maps: Readonly<Record<string, RateMap>>
  /** Of the combined statistic a: episodes of all kinds together as a function of the bar. */
  readonly combined: RateMap
  /** Held-out scores per detector in rising order, thinned (p-value.ts): for p-values. */
  readonly quantiles: Readonly<Record<string, Float64Array>>
  /** Number of held-out scores per detector before thinning. */
  readonly evaluations: Readonly<Record<string, number>>
  /** The lowest sensible bar: the 85 % quantile of a (of the kind where it is highest). Below it alerts hardly ever close. */
  readonly ceiling: number
  /** max(1, variance/mean) of alerts per fold: above 1 alerts come in clusters. */
  readonly dispersion: number
  /** The same episodes stream by stream, where there are several and one of them has enough. */
  readonly streams?: StreamCurves
}

/**
 * Curves of a by the maps of all folds: `combined` taken apart, but for what each fold's own maps change. The episodes at a bar add up over all
 * of them.
 */
export interface StreamCurves {
  /** The longest streams first, at least one. */
  readonly own: readonly StreamCurve[]
  /** Of all other rows; left out where they open nothing. */
  readonly others?: Pick<Calibration, 'combined' | 'ceiling'>
}

/** What one stream has of the combined curve. */
export interface StreamCurve extends Pick<Calibration, 'rows' | 'combined' | 'ceiling'> {
  /** As its records call it. */
  readonly name: string
}

/** Evaluations of windows, where there are any: never more than those of records. */
export const fewestEvaluations = ({ evaluations }: Calibration): number => Math.min(...Object.values(evaluations))

export const calibrationStatuses = ['OK', 'PROVISIONAL', 'UNVERIFIABLE', 'CEILING', 'REFUSED'] as const
export type CalibrationStatus = (typeof calibrationStatuses)[number]

/** What a calibration makes of a budget. */
export interface BudgetBar {
  readonly budgetPerDay: number
  /** The bar on a that opens the budget's number of alerts. */
  readonly bar: number
  /** Alerts that the budget allows inside the calibration data. */
  readonly k: number
  readonly status: CalibrationStatus
  /** 90 % interval of the true rate, alerts per day. */
  readonly likely: readonly [number, number]
  /** The smallest rate that can be certified: 3/span. */
  readonly resolutionPerDay: number
  /** Rate that can be reached at most, when the budget is above what the stream can open. */
  readonly reachablePerDay: number | undefined
  /** Clean days still missing until the status can be OK. */
  readonly missingDays: number
  /** One line for a person. */
  readonly sentence: string
}
