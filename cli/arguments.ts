import { InvalidArgumentError } from 'commander'
import { rate } from '../config/fields.js'

/** Parses the argument of an option that is a whole number from `least` on. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text)
    if (Number.isSafeInteger(value) && value >= least && text.trim() !== '') return value
    throw new InvalidArgumentError(`expected a whole number from ${least} on`)
  }

/** Parses a number above 0. */
export const aboveZero = (text: string): number => {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new InvalidArgumentError('expected a number above 0')
}

/** Parses a number per day, or a rate such as 1/week. */
export const perDay = (text: string): number => {
  const parsed = rate().safeParse(text)
  if (parsed.success) return parsed.data
  throw new InvalidArgumentError('expected a number above 0 per day, or a rate such as 1/week')
}
