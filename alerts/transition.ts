/** What happens in an alert's life; each is one event. */
export const transitions = ['opened', 'escalated', 'updated', 'resolved'] as const
export type Transition = (typeof transitions)[number]

/** Why it happened, as a bounded set (it may be a metric label). */
export const transitionReasons = [
  // opened
  'first_alarm',
  'data_missing',
  'rejects_high',
  'calibration_off',
  'adapted_far',
  // escalated (what no detector saw escalates with the reason that opened it)
  'rarer',
  'stronger',
  'persisting',
  'more_detectors',
  // updated
  'lowered',
  'ongoing',
  // resolved
  'cleared',
  'settled',
  'data_returned',
  'rejects_normal',
  'calibration_holds',
  'no_budget',
  'adapted_back',
] as const
export type TransitionReason = (typeof transitionReasons)[number]
