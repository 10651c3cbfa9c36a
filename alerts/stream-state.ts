/** What a stream is doing, apart from its alerts: an open alert stays open while data is missing. */
export const streamStates = ['warming', 'watching', 'alarming', 'no_data'] as const
export type StreamStatus = (typeof streamStates)[number]

export interface StreamFacts {
  /** Records seen, and records needed before every detector can judge the stream. */
  readonly records: number
  readonly needed: number
  /** Whether an alert of its records or its drift is open. */
  readonly alarming: boolean
  /** Whether it sent nothing for longer than is allowed; the caller's clock decides. */
  readonly silent: boolean
}

/** Silence hides what else could be said; an alarm of the record detectors counts even before the first window is full. */
export function streamStatus({ records, needed, alarming, silent }: StreamFacts): StreamStatus {
  if (silent) return 'no_data'
  if (alarming) return 'alarming'
  return records < needed ? 'warming' : 'watching'
}
