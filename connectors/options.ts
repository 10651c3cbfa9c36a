import { inspect } from 'node:util'
import { z } from 'zod'

/** A value that never shows: printing, logging or serialising it gives `[secret]`. */
export class Secret {
  readonly #value: string
  constructor(value: string) {
    this.#value = value
  }
  /** The value itself, for the one place that sends it. */
  reveal(): string {
    return this.#value
  }
  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
  [inspect.custom](): string {
    return '[secret]'
  }
}

/** A secret option, `writeOnly` in the JSON Schema. Give it as `${env:NAME}` or `${file:/path}` in the configuration. */
export const secret = () =>
  z
    .string()
    .min(1, 'is empty; set the environment variable or file it comes from')
    .transform((value) => new Secret(value))
    .meta({ writeOnly: true })

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const sizes: Record<string, number> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

const quantity = (table: Record<string, number>, example: string) =>
  z.string().transform((text, context) => {
    const match = /^(\d+(?:\.\d+)?)\s*([a-zA-Z]+)$/.exec(text.trim())
    const unit = match?.[2] === undefined ? undefined : table[match[2]]
    if (match === null || unit === undefined) {
      context.addIssue({
        code: 'custom',
        message: `"${text}" is not a quantity such as ${example} (units: ${Object.keys(table).join(', ')})`,
      })
      return z.NEVER
    }
    return Number(match[1]) * unit
  })

/** A duration such as `30s` or `10m`, as milliseconds. */
export const duration = () => quantity(units, '30s')
/** A size such as `10MB` or `1MiB`, as bytes. */
export const byteSize = () => quantity(sizes, '10MB')
