import { z } from 'zod'
import { duration, type Secret, secret } from '../options.js'

const hasUserinfo = ({ username, password }: URL) => username !== '' || password !== ''

export const isHttpUrl = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)

/** An address that a receiver of HTTP requests is reached at. */
export const httpUrl = () =>
  z
    .url({ protocol: /^https?$/, error: 'is not a URL that starts with http:// or https://' })
    .refine(
      (text) => !URL.canParse(text) || !hasUserinfo(new URL(text)),
      'holds a user or password; give them as headers: { authorization: ... } instead',
    )

export const httpTimeout = () =>
  duration()
    .refine((ms) => ms >= 100 && ms <= 600_000, 'must be from 100ms to 10m')
    .prefault('10s')
    .describe('How long one try may take, answer included')

const setByHttp = /^(content-type|content-length|host|connection|transfer-encoding|expect)$/i

/** Further request headers, their values secret. `own`: those that the sink sets itself, beside those of HTTP. */
export const httpHeaders = (own: RegExp = /^$/) =>
  z
    .record(z.string(), secret())
    .superRefine((record, context) => {
      for (const [name, value] of Object.entries(record)) {
        const isSet = setByHttp.test(name) || own.test(name)
        const message = isSet ? 'is set by the sink itself' : isHeader(name, value) ? undefined : 'is no valid header'
        if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message })
      }
    })
    .default({})
    .describe('Further request headers, such as authorization; their values are kept secret')

function isHeader(name: string, value: Secret): boolean {
  try {
    return new Headers([[name, value.reveal()]]) !== undefined
  } catch {
    // The error quotes the value, which is a secret: it goes no further.
    return false
  }
}
