import type { LabelWindow } from './corpus.js'

/** What counts how much: a window that is found, a false alarm, a window that is missed. */
export interface Profile {
  readonly name: string
  readonly found: number
  readonly false: number
  readonly missed: number
}

export const profiles: readonly Profile[] = [
  { name: 'standard', found: 1, false: 0.11, missed: 1 },
  { name: 'low_fp', found: 1, false: 0.22, missed: 1 },
  { name: 'low_fn', found: 1, false: 0.11, missed: 2 },
]

/** Rows at the start of a series that NAB leaves to a detector to learn; alarms there do not count. */
export const probationOf = (rows: number): number => Math.min(Math.floor(0.15 * rows), 750)

/** What came of one series. */
export interface NabCounts {
  readonly windows: number
  /** Windows with an alarm in them, and what the earliest ones are worth: 1 at a window's first row, 0 at its last. */
  readonly found: number
  readonly gain: number
  /** Alarms outside, and their price: 1 each, less just after a window. */
  readonly falseAlarms: number
  readonly price: number
}

const sigmoid = (y: number): number => 2 / (1 + Math.exp(5 * y)) - 1

/** NAB's sweeper (Lavin and Ahmad 2015). @param alarms rows, rising; those of the probation are left out */
export function countNab(alarms: readonly number[], windows: readonly LabelWindow[], rows: number): NabCounts {
  const counted = alarms.filter((row) => row >= probationOf(rows))
  const earliest = windows.map(([from, to]) => counted.find((row) => row >= from && row <= to))
  const gains = windows.flatMap(([from, to], i) => {
    const row = earliest[i]
    return row === undefined ? [] : [sigmoid(-(to - row + 1) / (to - from + 1)) / sigmoid(-1)]
  })
  const outside = counted.filter((row) => !windows.some(([from, to]) => row >= from && row <= to))
  const prices = outside.map((row) => {
    const before = windows.findLast(([, to]) => to < row)
    if (before === undefined) return 1
    const y = (row - before[1]) / (before[1] - before[0])
    return y > 3 ? 1 : -sigmoid(y)
  })
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return { windows: windows.length, found: gains.length, gain: sum(gains), falseAlarms: outside.length, price: sum(prices) }
}

export const pooledNab = (counts: readonly NabCounts[]): NabCounts =>
  counts.reduce((sum, one) => ({
    windows: sum.windows + one.windows,
    found: sum.found + one.found,
    gain: sum.gain + one.gain,
    falseAlarms: sum.falseAlarms + one.falseAlarms,
    price: sum.price + one.price,
  }))

/** A corpus' score before it is normalised. */
export const rawNab = ({ windows, found, gain, price }: NabCounts, profile: Profile): number =>
  profile.found * gain - profile.false * price - profile.missed * (windows - found)

/** 0 for no alarm at all, 100 for one at the first row of every window and no other. There must be a window. */
export const nabScore = (counts: NabCounts, profile: Profile): number =>
  (100 * (rawNab(counts, profile) + profile.missed * counts.windows)) / ((profile.found + profile.missed) * counts.windows)
