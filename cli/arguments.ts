import { InvalidArgumentError } from 'commander'

/** Parses the argument of an option that is a whole number from `least` on. */
export const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text)
    if (Number.isSafeInteger(value) && value >= least && text.trim() !== '') return value
    throw new InvalidArgumentError(`expected a whole number from ${least} on`)
  }
