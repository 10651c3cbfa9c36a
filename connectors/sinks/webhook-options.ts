import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { duration, type Secret, secret } from '../options.js'

/** Set by the sink itself, or by HTTP. */
const reservedHeaders = /^(webhook-.*|content-type|content-length|host|connection|transfer-encoding|expect)$/i

const url = z
  .url({ protocol: /^https?$/, error: 'is not a URL that starts with http:// or https://' })
  .refine(
    (text) => !URL.canParse(text) || !hasUserinfo(new URL(text)),
    'holds a user or password; give them as headers: { authorization: ... } instead',
  )

const hasUserinfo = ({ username, password }: URL) => username !== '' || password !== ''

const signingSecret = () =>
  secret().refine(
    isSigningSecret,
    'is not a Standard Webhooks secret: expected 24 to 64 bytes in base64, with or without whsec_ before it (make one: openssl rand -base64 32)',
  )

function isSigningSecret(value: Secret): boolean {
  const key = value.reveal().replace(/^whsec_/, '')
  const bytes = Buffer.from(key, 'base64').length
  if (bytes < 24 || bytes > 64) return false
  try {
    return new Webhook(key) !== undefined
  } catch {
    return false
  }
}

const headers = z.record(z.string(), secret()).superRefine((record, context) => {
  for (const [name, value] of Object.entries(record)) {
    const message = reservedHeaders.test(name) ? 'is set by the sink itself' : isHeader(name, value) ? undefined : 'is no valid header'
    if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message })
  }
})

function isHeader(name: string, value: Secret): boolean {
  try {
    return new Headers([[name, value.reveal()]]) !== undefined
  } catch {
    // The error quotes the value, which is a secret: it goes no further.
    return false
  }
}

export const webhookOptions = z
  .strictObject({
    url: url.describe('Where events are posted to'),
    secret: signingSecret().optional().describe('Key that signs the events (Standard Webhooks), as `whsec_...`'),
    secrets: z
      .array(signingSecret())
      .min(1)
      .max(8)
      .optional()
      .describe('Several keys while they are rotated, the newest first; every event is signed with each'),
    timeout: duration()
      .refine((ms) => ms >= 100 && ms <= 600_000, 'must be from 100ms to 10m')
      .prefault('10s')
      .describe('How long one try may take, answer included'),
    headers: headers.default({}).describe('Further request headers, such as authorization; their values are kept secret'),
  })
  .transform(({ secret: one, secrets: several, ...options }, context) => {
    const secrets = several ?? (one === undefined ? [] : [one])
    if (secrets.length > 0 && (one === undefined || several === undefined)) return { ...options, secrets }
    const message = 'expected exactly one of secret and secrets; receivers tell real events from forged ones by the signature'
    context.addIssue({ code: 'custom', path: ['secret'], message })
    return z.NEVER
  })
/** With all signing keys as `secrets`, the newest first. */
export type WebhookOptions = z.output<typeof webhookOptions>
