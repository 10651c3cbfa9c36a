import { rarity } from '../../alerts/words.js'
import type { RarityAxis } from '../../live/view.js'

const DAY = 1
const periods = [
  ['once a second', DAY / 86_400],
  ['once a minute', DAY / 1440],
  ['once an hour', DAY / 24],
  ['once a day', DAY],
  ['once a week', 7 * DAY],
  ['once a month', 30.44 * DAY],
  ['once a year', 365.25 * DAY],
  ['once in 10 years', 3652.5 * DAY],
  ['once in 100 years', 36_525 * DAY],
] as const

/** Of the height, for what is rarer than the reference can tell. */
const BEYOND = 0.22
/** Decades below the bar that are drawn, at least and at most. */
const LEAST_BELOW = 2
const MOST_BELOW = 5

/** How a rarity (decades, see RarityAxis) becomes a height, 0 at the bottom to 1. */
export interface RarityScale {
  readonly floor: number
  height(a: number): number
  /** Labels that are at least `apart` of the height from each other. */
  ticks(apart: number): readonly { readonly height: number; readonly label: string }[]
}

/**
 * To scale up to the resolution, and to a bar that lies beyond it. Further up, where one rarity cannot be told from another, the height only
 * says "more": it nears the top and never reaches it.
 */
export function rarityScale({ bar, resolution }: RarityAxis, values: readonly (number | null)[]): RarityScale {
  const floor = floorOf(bar, values)
  const top = Math.max(resolution, bar, floor + 1)
  const width = (top - floor) * (BEYOND / (1 - BEYOND))
  const height = (a: number): number => {
    if (a <= top) return Math.max(0, ((a - floor) / (top - floor)) * (1 - BEYOND))
    return 1 - BEYOND * Math.exp(-(a - top) / width)
  }
  return { floor, height, ticks: (apart) => ticksOf(floor, top, height, apart) }
}

/** Low enough for nine tenths of what is usual, in steps of half a decade so that it seldom moves. */
function floorOf(bar: number, values: readonly (number | null)[]): number {
  const seen = values.filter((value) => value !== null).sort((one, other) => one - other)
  const low = seen[Math.floor(seen.length / 10)] ?? bar - LEAST_BELOW
  return Math.floor(2 * Math.min(Math.max(low, bar - MOST_BELOW), bar - LEAST_BELOW)) / 2
}

function ticksOf(floor: number, top: number, height: (a: number) => number, apart: number) {
  const ticks: { height: number; label: string }[] = []
  // The round ones first: where there is not room for all, days and hours stay.
  for (const wanted of ['once a day', 'once an hour', 'once a week', 'once a minute', 'once a month', 'once a year', '']) {
    for (const [label, days] of periods) {
      const a = Math.log10(days)
      if (a < floor || a > top || (wanted !== '' && wanted !== label)) continue
      const at = height(a)
      if (ticks.every((other) => Math.abs(other.height - at) >= apart)) ticks.push({ height: at, label })
    }
  }
  return ticks.sort((one, other) => one.height - other.height)
}

/** "about once a day" of a rarity in decades. */
const inWords = (a: number, { resolution }: RarityAxis): string => rarity(10 ** -a, 10 ** -resolution)

/** The same, short enough for a readout: what the reference cannot tell is only named. */
export const briefly = (a: number, axis: RarityAxis): string =>
  a > axis.resolution ? 'rarer than the reference can tell' : inWords(a, axis).replace('about ', '')
