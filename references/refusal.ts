/** Why data cannot be a reference. */
export const refusalReasons = [
  'dimension',
  'rejected',
  'too_few_rows',
  'too_few_windows',
  'no_time_span',
  'no_event_times',
  'constant',
  'missing',
  'too_large',
  'ill_conditioned',
  'detector',
  'no_labels',
  'no_groups',
  'too_few_groups',
  'scattered_groups',
] as const
export type RefusalReason = (typeof refusalReasons)[number]

/** The data cannot be a reference; the message says what was found, what was expected and how to mend it. */
export class FitRefused extends Error {
  override readonly name = 'FitRefused'

  constructor(
    readonly reason: RefusalReason,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}
