import { z } from 'zod'
import { duration, secret } from '../connectors/options.js'

/** One per unit, as a number per day. Every budget that the table of `fit` names can be configured as it stands there. */
const perDay: Readonly<Record<string, number>> = {
  second: 86_400,
  s: 86_400,
  minute: 1440,
  min: 1440,
  hour: 24,
  h: 24,
  day: 1,
  d: 1,
  week: 1 / 7,
  w: 1 / 7,
  month: 1 / 30,
}

/** A rate as a number per day, or as text such as `1/week` or `10/s`; the output is a number per day. */
export const rate = () =>
  z.union([
    z.number().positive(),
    z.string().transform((text, context) => {
      const match = /^(\d+(?:\.\d+)?)(?:\s*\/\s*([a-z]+))?$/.exec(text.trim())
      const factor = perDay[match?.[2] ?? 'day']
      const value = Number(match?.[1]) * (factor ?? Number.NaN)
      if (value > 0) return value
      context.addIssue({
        code: 'custom',
        message: `expected a number above 0 per day, or a rate such as 1/week (units: ${Object.keys(perDay).join(', ')})`,
      })
      return z.NEVER
    }),
  ])

/** The longest duration that a timer of Node can wait for is 24.8 days. */
const longest = 24 * 86_400_000

/** A duration from `shortest` ms up to 24 days. */
export const wait = (shortest: number) =>
  duration().refine((ms) => ms >= shortest && ms <= longest, {
    error: `expected a duration between ${shortest >= 1000 ? `${shortest / 1000}s` : `${shortest}ms`} and 24d`,
  })

/** Shorter ones are found by trying. */
const SHORTEST_TOKEN = 16

/** What is given as `Authorization: Bearer`, where white space would end it. */
export const bearerToken = () =>
  secret().refine((token) => token.reveal().length >= SHORTEST_TOKEN && !/\s/.test(token.reveal()), {
    error: `expected at least ${SHORTEST_TOKEN} characters, none of them white space (make one: openssl rand -hex 32)`,
  })

/** A list without repeated entries. */
export const distinct = <Item extends z.ZodType>(item: Item, what: string) =>
  z
    .array(item)
    .min(1)
    .superRefine((items, context) => {
      items.forEach((entry, index) => {
        if (items.indexOf(entry) < index) context.addIssue({ code: 'custom', path: [index], message: `this ${what} is listed twice` })
      })
    })
