import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { httpHeaders, httpTimeout, httpUrl } from '../http/options.js'
import { type Secret, secret } from '../options.js'

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

export const webhookOptions = z
  .strictObject({
    url: httpUrl().describe('Where events are posted to'),
    secret: signingSecret().optional().describe('Key that signs the events (Standard Webhooks), as `whsec_...`'),
    secrets: z
      .array(signingSecret())
      .min(1)
      .max(8)
      .optional()
      .describe('Several keys while they are rotated, the newest first; every event is signed with each'),
    timeout: httpTimeout(),
    headers: httpHeaders(/^webhook-/i),
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
