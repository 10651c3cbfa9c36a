/** A rate of false alarms as a person says it. Below `resolution` the reference cannot tell one rate from another: a limit of the evidence, not of the finding's strength. */
export function rarity(perDay: number, resolution: number): string {
  if (perDay < resolution) return `rarer than once in ${atLeast(1 / resolution)} (the reference cannot tell how much)`
  return perDay > 1440 ? 'more often than once a minute' : `about ${howOften(1 / perDay)}`
}

/** "once a day" of a period in days. */
function howOften(days: number): string {
  const hours = days * 24
  if (hours < 2 / 3) return `${count(1 / hours)} times an hour`
  if (hours < 1.5) return 'once an hour'
  if (hours < 20) return `once in ${count(hours)} hours`
  if (days < 1.5) return 'once a day'
  if (days < 6) return `once in ${count(days)} days`
  if (days < 10.5) return 'once a week'
  if (days < 60) return `once in ${count(days / 7)} weeks`
  if (days < 730) return `once in ${count(days / 30.44)} months`
  return `once in ${count(days / 365.25)} years`
}

/** A period in whole units, never longer than it is: it bounds a claim. */
function atLeast(days: number): string {
  if (days >= 2) return `${count(Math.floor(days))} days`
  if (days >= 1 / 12) return `${count(Math.floor(days * 24))} hours`
  return `${count(Math.max(1, Math.floor(days * 1440)))} min`
}

/** "14 min" of a time in ms. */
export function lasting(ms: number): string {
  const seconds = Math.max(0, ms) / 1000
  if (seconds < 90) return `${count(seconds)} s`
  if (seconds < 90 * 60) return `${count(seconds / 60)} min`
  if (seconds < 36 * 3600) return `${count(seconds / 3600)} h`
  return `${count(seconds / 86_400)} days`
}

/** Two significant digits, whole from 100 on, thousands apart. */
export function short(x: number): string {
  const size = Math.abs(x)
  if (size >= 1e6) return x.toExponential(1)
  return size >= 100 ? count(x) : String(Number(x.toPrecision(2)))
}

/** A multiple of a limit: as `short`, but more than 1 is never rounded to 1. */
export const multiple = (x: number): string => (x > 1 && x < 1.1 ? x.toFixed(Math.ceil(-Math.log10(x - 1))) : short(x))

export const sigmas = (x: number): string => `${x < 0 ? '−' : '+'}${short(Math.abs(x))}σ`

export const chance = (p: number): string => `p ${short(p)}`

export const percent = (share: number): string => `${short(100 * share)} %`

/** A whole number with its thousands apart. */
export function count(x: number): string {
  const whole = Math.round(x)
  return Math.abs(whole) >= 1e15 ? whole.toExponential(1) : String(whole).replace(/\B(?=(\d{3})+$)/g, ',')
}
