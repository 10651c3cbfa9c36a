import type { Rejection, RejectReason } from '../codec.js'
import type { Records } from '../records.js'

const longestDetail = 200

/** A rejection; what a hostile payload put into the detail is cut. */
export const reject = (reason: RejectReason, detail: string): Rejection => ({
  reason,
  detail: detail.length > longestDetail ? `${detail.slice(0, longestDetail - 1)}…` : detail,
})

/** Rejects what no codec can use: nothing at all, or more than the limit. Costs nothing: no byte is looked at. @param expected for people */
export function unfit({ values }: Records, index: number, maxBytes: number, expected = 'a row of features'): Rejection | undefined {
  const size = values.size(index)
  if (size < 0) return reject('empty', `the record has no value (a tombstone); expected ${expected}`)
  if (size === 0) return reject('empty', `the value is empty; expected ${expected}`)
  if (size > maxBytes) return reject('too_large', `the value has ${size} bytes; the limit is ${maxBytes}`)
  return undefined
}

/** A value for a person, never its whole content: nested data is only named, so depth cannot hurt. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null) return 'an object'
  return value === undefined ? 'nothing' : String(value)
}

/** Why a value is no finite number. `feature` names the place for people. */
export function notANumber(feature: string, value: unknown): Rejection {
  if (value === undefined || value === null)
    return reject('missing_feature', `feature "${feature}" is ${value === null ? 'null' : 'missing'}`)
  if (typeof value === 'number') return reject('not_finite', `feature "${feature}" is ${value}; expected a finite number`)
  return reject('not_a_number', `feature "${feature}" is ${show(value)}; expected a number`)
}

/** Whether a value stands for nothing: left out, null or NaN. */
export const isMissing = (value: unknown): boolean => value === undefined || value === null || Number.isNaN(value)
