import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** Whether the request brings the token as `Authorization: Bearer TOKEN`. It takes the same time whatever was given. */
export function bears({ headers }: Pick<IncomingMessage, 'headers'>, token: string): boolean {
  const [, given = ''] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? []
  return timingSafeEqual(digest(given), digest(token))
}

/** What a request without it is answered with, beside the status 401. */
export const challenge = { 'www-authenticate': 'Bearer realm="driftwatch"' }

/** Of one length, whatever the text's is. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
