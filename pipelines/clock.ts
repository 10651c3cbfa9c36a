/** The time that has passed on a partition, as its records tell it: a fold over them, whatever streams they are of. */
export interface Clock {
  /** Every record before this offset is reflected, here and in the streams' states. */
  readonly offset: number
  /** ms since the epoch; undefined before the first record. */
  readonly time: number | undefined
}

export const newClock: Clock = { offset: 0, time: undefined }

/** One record moves the clock on by at most this share of the time after which a stream is forgotten: a few wrong times forget nobody. */
export const LONGEST_TICK = 0.01

/** The clock's time after a record. It never goes back. */
export const tick = (clock: number | undefined, time: number, forgetAfter: number): number =>
  clock === undefined ? time : clock + Math.min(Math.max(0, time - clock), LONGEST_TICK * forgetAfter)

/** Whether a stream whose last record came when the clock stood at `last` begins anew with its next one. */
export const isForgotten = (last: number, clock: number | undefined, forgetAfter: number): boolean =>
  clock !== undefined && clock - last > forgetAfter
