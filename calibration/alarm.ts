import type { AlarmKind, KindLogic } from './calibration.js'
import { kthLargest } from './k-of-n.js'

/** Evaluations whose firing is remembered, for persistence. */
export const HISTORY = 12
/** Each opened alert raises the bar by this many decades of lambda; a budget's worth of quiet lowers it by as much. */
const FEEDBACK_STEP = 0.3
export const FEEDBACK_LOWEST = -0.5
const FEEDBACK_HIGHEST = 1
/** Relative clearing (default-detector study, section 1). */
const PEAK_DECAY = 0.995
const CLEARING_SHARE = 0.2
const REARM_FACTOR = 3

/** The alarm of one kind. Plain JSON. */
export interface KindAlarm {
  /** The last n - 1 values of a, oldest first. */
  recent: number[]
  open: boolean
  /** Evaluations since the alert opened, that one included; stays after it closed, for its closing event. */
  age: number
  /** While open: evaluations in a row that did not sustain it, and the largest effect among those still over the bar. */
  quiet: number
  settling: number
  /** Slowly falling maximum of the effect while open. */
  peak: number
  /** Effect that the next alert must exceed: above 1 only after an alert that settled, until the effect has fallen. */
  level: number
  /** Whether each of the last 12 evaluations was over the bar, as bits, the newest lowest. */
  history: number
}

/** The alarm of one stream: a fold over its evaluations, in their order. Plain JSON. */
export interface StreamAlarm {
  readonly record: KindAlarm
  readonly drift: KindAlarm
  /** Decades that feedback has added to the bar. */
  theta: number
}

export interface AlarmParams {
  /** The calibrated bar on a, in decades. */
  readonly bar: number
  readonly logic: Readonly<Record<AlarmKind, KindLogic>>
  /** Close an alert that settled at a lower effect although it is still over the bar. */
  readonly relativeClearing: boolean
  /** Decades that each record without an open alert takes off the bar (`feedbackDecay`); 0 switches feedback off. */
  readonly decay: number
}

/** One evaluation: a = -log10 lambda of its rarest detector, and that detector's score over its score at the bar (finite; 1 = at the bar). */
export interface Evaluation {
  readonly a: number
  readonly effect: number
}

/** quiet: none open. waiting: open, did not sustain. settled: closed though still over the bar, at a fraction of its peak. */
export type AlarmOutcome = 'quiet' | 'opened' | 'sustained' | 'waiting' | 'cleared' | 'settled'

const newKindAlarm = (): KindAlarm => ({ recent: [], open: false, age: 0, quiet: 0, settling: 0, peak: 0, level: 1, history: 0 })

export const newStreamAlarm = (): StreamAlarm => ({ record: newKindAlarm(), drift: newKindAlarm(), theta: 0 })

/**
 * Feedback falls by 0.3 decades for each alert that the budget allows. Budget B and rowsPerDay are both sums over all streams,
 * so each record carries B / rowsPerDay of it: at rowsPerDay records a day that is 0.3 B decades a day, with no clock,
 * and the same whenever the stream is replayed.
 */
export const feedbackDecay = (budgetPerDay: number, rowsPerDay: number): number => (FEEDBACK_STEP * budgetPerDay) / rowsPerDay

/**
 * Folds one evaluation into the stream's alarm, in place. With feedback and relative clearing off, the number of 'opened'
 * equals the episode curve at the bar.
 */
export const step = (alarm: StreamAlarm, kind: AlarmKind, evaluation: Evaluation, params: AlarmParams): AlarmOutcome => {
  const state = alarm[kind]
  const over = statistic(state, evaluation.a, params.logic[kind]) > params.bar + alarm.theta
  state.history = ((state.history << 1) | Number(over)) & ((1 << HISTORY) - 1)
  if (state.open) return stepOpen(state, over, evaluation.effect, params.logic[kind].gap, params.relativeClearing)
  if (!opens(state, over, evaluation.effect)) return 'quiet'
  state.open = true
  state.age = 1
  state.quiet = 0
  state.settling = 0
  state.peak = evaluation.effect
  if (params.decay > 0) alarm.theta = Math.min(FEEDBACK_HIGHEST, alarm.theta + FEEDBACK_STEP)
  return 'opened'
}

/** The k-th largest of the last n values of a. */
const statistic = (state: KindAlarm, a: number, { k, n }: KindLogic): number => {
  if (n === 1) return a
  state.recent.push(a)
  const value = kthLargest(state.recent, k)
  if (state.recent.length === n) state.recent.shift()
  return value
}

const opens = (state: KindAlarm, over: boolean, effect: number): boolean => {
  // Level 1 asks for no more than the bar, which feedback and k-of-n may place below effect 1.
  if (state.level === 1) return over
  state.level = Math.max(1, Math.min(state.level, REARM_FACTOR * effect))
  return over && effect > state.level
}

const stepOpen = (state: KindAlarm, over: boolean, effect: number, gap: number, relativeClearing: boolean): AlarmOutcome => {
  state.age++
  state.peak = Math.max(PEAK_DECAY * state.peak, effect)
  if (over && (!relativeClearing || effect > CLEARING_SHARE * state.peak)) {
    state.quiet = 0
    state.settling = 0
    return 'sustained'
  }
  state.quiet++
  if (over) state.settling = Math.max(state.settling, effect)
  if (state.quiet < gap) return 'waiting'
  state.open = false
  state.level = Math.max(1, REARM_FACTOR * state.settling)
  return state.settling > 0 ? 'settled' : 'cleared'
}

/** Folds one record into the feedback, in place; once for each record, after its evaluations. Frozen while an alert is open. */
export const relax = (alarm: StreamAlarm, decay: number): void => {
  if (!alarm.record.open && !alarm.drift.open) alarm.theta = Math.max(FEEDBACK_LOWEST, alarm.theta - decay)
}

/** The budget cannot be held by raising the bar any further: the reference no longer describes the stream. */
export const isPegged = (alarm: StreamAlarm): boolean => alarm.theta >= FEEDBACK_HIGHEST

/** Share of the last 12 evaluations over the bar, 0 to 1. */
export const persistence = ({ history }: KindAlarm): number => {
  let ones = 0
  for (let bits = history; bits > 0; bits &= bits - 1) ones++
  return ones / HISTORY
}
