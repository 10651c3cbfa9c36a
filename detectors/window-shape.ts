/**
 * Windows of the last `size` records of a stream, and how many records lie between two evaluations. Windows of the `longer` lengths are looked
 * at as well, from as many records as there are; evaluations begin once `size` records are there. All lengths are multiples of `hop`, the
 * longer ones rising from `size`.
 */
export interface WindowsByCount {
  readonly by?: undefined
  readonly size: number
  readonly hop: number
  readonly longer?: readonly number[]
}

/**
 * The same by event time, all lengths in ms. Sub-blocks lie at whole multiples of `hop` since the epoch; with the first record of a later one a
 * sub-block is over, and the windows that end with it are evaluated, when the shortest holds at least `least` records.
 */
export interface WindowsByTime {
  readonly by: 'time'
  readonly size: number
  readonly hop: number
  readonly longer?: readonly number[]
  readonly least: number
}

export type WindowShape = WindowsByCount | WindowsByTime

/** Rising. */
export const lengthsOf = ({ size, longer = [] }: WindowShape): readonly number[] => [size, ...longer]

/** The length of the longest window. */
export const longestOf = ({ size, longer = [] }: WindowShape): number => longer.at(-1) ?? size

/** Records that a window holds at least when it is evaluated. */
export const leastRecords = (window: WindowShape): number => (window.by === 'time' ? window.least : window.size)

/** A length as a person says it: "64 records", "10m". */
export const lengthText = ({ by }: Pick<WindowShape, 'by'>, length: number): string =>
  by === 'time' ? durationText(length) : `${length} records`

const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 }

/** As the configuration writes it, in the largest unit that gives a whole number. */
function durationText(ms: number): string {
  const whole = Object.entries(units).find(([, unit]) => ms % unit === 0)
  return whole === undefined ? `${ms}ms` : `${ms / whole[1]}${whole[0]}`
}

/** The lengths in sub-blocks. Throws `RangeError` when the shape is no window. */
export function lengthsInBlocks(window: WindowShape): readonly number[] {
  const { hop } = window
  const lengths = lengthsOf(window)
  if (!(Number.isInteger(hop) && hop > 0 && lengths.every((length, i) => length % hop === 0 && length > (lengths[i - 1] ?? 0)))) {
    throw new RangeError(`windows of ${lengths} with hop ${hop}: expected rising positive multiples of the hop`)
  }
  return lengths.map((length) => length / hop)
}
