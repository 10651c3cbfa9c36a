import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import { bears, challenge } from '../telemetry/bearer.js'

/** Nothing but what comes from the page's own origin is loaded, run, asked or sent. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const securityHeaders = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

export interface GuardOptions {
  /** Address that the server listens on, as it is configured. */
  readonly host: string
  /** What a request for data must bring; undefined: nothing. */
  readonly token: string | undefined
}

/** Why a request is not served. */
export interface Refused {
  readonly status: 401 | 403 | 405
  readonly why: string
}

/** Sets the headers that every answer has, and says what is wrong with the request, if something is. */
export class Guard {
  constructor(private readonly options: GuardOptions) {}

  /** Whether other machines may reach the data without a token. */
  get isOpen(): boolean {
    return this.options.token === undefined && !isLoopback(this.options.host)
  }

  /** Of any request. */
  check(request: IncomingMessage, response: ServerResponse): Refused | undefined {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value)
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD')
      return { status: 405, why: 'only GET and HEAD' }
    }
    if (isLoopback(this.options.host) && !isLoopback(hostnameOf(request.headers.host)))
      return {
        status: 403,
        why: 'this server is on loopback and answers to localhost, 127.0.0.1 and [::1] only; set metrics.host to open it',
      }
    return undefined
  }

  /** Of a request for data. */
  authorise(request: IncomingMessage, response: ServerResponse): Refused | undefined {
    const { token } = this.options
    if (token === undefined || bears(request, token)) return undefined
    for (const [name, value] of Object.entries(challenge)) response.setHeader(name, value)
    return { status: 401, why: 'send the token of page.token as `Authorization: Bearer TOKEN`' }
  }
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))

function hostnameOf(host: string | undefined): string {
  if (host === undefined || !URL.canParse(`http://${host}`)) return ''
  return new URL(`http://${host}`).hostname.replace(/^\[(.*)\]$/, '$1')
}
