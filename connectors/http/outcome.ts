import { harmless } from '../../telemetry/terminal.js'
import { SinkError, type SinkReason } from '../sink.js'

/** What an HTTP answer means for the event: its reason, and whether the same request may succeed later. */
export interface Meaning {
  readonly reason: SinkReason
  readonly recoverable: boolean
}

export type Meanings = Readonly<Record<number, Meaning>>

const meanings: Meanings = {
  401: { reason: 'auth', recoverable: false },
  403: { reason: 'auth', recoverable: false },
  408: { reason: 'timeout', recoverable: true },
  410: { reason: 'gone', recoverable: false },
  413: { reason: 'too_large', recoverable: false },
  425: { reason: 'server', recoverable: true },
  429: { reason: 'rate_limited', recoverable: true },
}
const server: Meaning = { reason: 'server', recoverable: true }
const client: Meaning = { reason: 'client', recoverable: false }

const EXCERPT_BYTES = 2048
const EXCERPT_SHOWN = 200

/**
 * What went wrong according to a receiver's answer; undefined when it accepted (2xx).
 * Always reads or cancels the body, so that the connection is free again. `redact` takes our secrets out of the
 * excerpt, since a receiver may echo the request. `special`: statuses that this receiver means otherwise.
 */
export async function faultOf(
  response: Response,
  where: string,
  redact: (text: string) => string,
  special: Meanings = {},
): Promise<SinkError | undefined> {
  const body = await excerpt(response)
  if (response.ok) return undefined
  const { status } = response
  const { reason, recoverable } = special[status] ?? meanings[status] ?? (status >= 500 ? server : client)
  const retryAfterMs = recoverable ? retryAfter(response.headers.get('retry-after'), Date.now()) : undefined
  const said = body === '' ? '' : `: ${harmless(redact(body), EXCERPT_SHOWN)}`
  return new SinkError(reason, recoverable, `${where} answered ${status}${hint(response)}${said}`, {
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  })
}

function hint({ status, headers }: Response): string {
  if (status === 401 || status === 403) return ' (check its secret, key or headers)'
  if (status < 300 || status > 399) return ''
  const location = headers.get('location') ?? ''
  const to = URL.canParse(location) ? ` to ${new URL(location).origin}` : ''
  return ` (a redirect${to}, which is not followed; set url to the final address)`
}

/** `Retry-After` as ms from now: seconds, or an HTTP date (RFC 9110, 10.2.3); undefined when absent or neither. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined
  const text = header.trim()
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const date = /GMT$/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** The beginning of the body as text. A body that breaks off changes nothing: the status was already said. */
async function excerpt({ body }: Response): Promise<string> {
  if (body === null) return ''
  const chunks: Uint8Array[] = []
  const reader = body.getReader()
  try {
    for (let size = 0; size < EXCERPT_BYTES; ) {
      const { done, value } = await reader.read()
      if (done) return decode(chunks)
      chunks.push(value)
      size += value.length
    }
    await reader.cancel()
  } catch {
    return decode(chunks)
  }
  return decode(chunks)
}

const decode = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).subarray(0, EXCERPT_BYTES).toString('utf8').trim()
