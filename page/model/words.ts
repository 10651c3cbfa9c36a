import { count, short } from '../../alerts/words.js'

/** At most three significant digits, thousands apart: "412,000". */
export function figure(x: number): string {
  if (x === 0 || !Number.isFinite(x)) return x === 0 ? '0' : '–'
  const rounded = Number(x.toPrecision(3))
  const size = Math.abs(rounded)
  const text = size >= 100 ? count(rounded) : size < 0.001 ? rounded.toExponential(1) : String(rounded)
  return text.replace(/^-/, '−')
}

/** "0.9/day". */
export const perDay = (rate: number): string => `${short(rate)}/day`

/** A duration in seconds with its unit: "0.4 ms", "120 ms", "1.5 s". */
export function seconds(x: number): string {
  if (x >= 1) return `${figure(x)} s`
  return x >= 0.001 ? `${figure(x * 1000)} ms` : `${figure(x * 1e6)} µs`
}

const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const yearFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const fullFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' })

/** Local: "14:02:31". */
const clock = (time: number): string => clockFormat.format(time)

/** Local: "14:02:31", with the day where it is not that of `now`: "11 Mar 14:02:31". */
export function moment(time: number, now: number): string {
  const day = dayFormat.format(time)
  return day === dayFormat.format(now) ? clock(time) : `${day} ${clock(time)}`
}

/** "11 Mar 2026". */
export const date = (time: number): string => yearFormat.format(time)

const minuteFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

/** Beside a mark on an axis of time, of which there is one every `step` ms: "14:02:30", "14:02", at midnight "11 Mar". */
export function tickLabel(time: number, step: number): string {
  if (step < 60_000) return clock(time)
  const at = new Date(time)
  const midnight = at.getHours() === 0 && at.getMinutes() === 0
  return step >= 86_400_000 || midnight ? dayFormat.format(time) : minuteFormat.format(time)
}

/** In full, with the zone: for hovering. */
export const zoned = (time: number): string => fullFormat.format(time)

/** "1 alert", "2 alerts". */
export const counted = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`
