import { type IncomingMessage, request as requestPlain } from 'node:http'
import { request as requestSecure } from 'node:https'
import { isIP } from 'node:net'
import { addressOf, bare } from './addresses.js'
import { type FetchRules, Refusal } from './rules.js'

const redirects = new Set([301, 302, 303, 307, 308])

/** The body of a 200 answer, after at most `maxRedirects` redirects, each checked like the first address. Throws a Refusal or an error of the network. */
export async function fetchHttp(start: URL, rules: FetchRules, signal: AbortSignal): Promise<Uint8Array> {
  let url = start
  for (let hop = 0; hop <= rules.maxRedirects; hop++) {
    const answer = await get(url, rules, signal)
    const next = redirects.has(answer.statusCode ?? 0) ? answer.headers.location : undefined
    if (next === undefined) return body(url, answer, rules)
    answer.destroy()
    url = redirected(url, next)
  }
  throw new Refusal('fetch_redirects', `${shown(start)} redirects more than ${rules.maxRedirects} times`)
}

function redirected(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw new Refusal('fetch_malformed', `${shown(from)} redirects to what is no URL`)
  const url = new URL(location, from)
  if (!isHttp(url)) throw new Refusal('fetch_scheme', `${shown(from)} redirects to ${url.protocol}; expected http: or https:`)
  return url
}

export const isHttp = ({ protocol }: URL): boolean => protocol === 'http:' || protocol === 'https:'

/** Without the query, which may hold a signature, and without user and password. */
export const shown = ({ protocol, host, pathname }: URL): string => `${protocol}//${host}${pathname}`.slice(0, 120)

async function get(url: URL, rules: FetchRules, signal: AbortSignal): Promise<IncomingMessage> {
  if (!rules.hosts.includes(url.host))
    throw new Refusal('fetch_host', `${shown(url)}: ${url.host} is not in hosts (${rules.hosts.join(', ') || 'which is empty'})`)
  const host = await unlessAborted(addressOf(url.hostname, rules), signal)
  const secure = url.protocol === 'https:'
  return new Promise((resolve, reject) => {
    const options = {
      host,
      port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
      path: url.pathname + url.search,
      headers: { host: url.host, accept: 'image/jpeg, image/png, image/webp', 'accept-encoding': 'identity' },
      signal,
    }
    // The certificate is checked against the name, though the connection goes to the address.
    const request = secure
      ? requestSecure({ ...options, ...(isIP(bare(url.hostname)) ? {} : { servername: url.hostname }) })
      : requestPlain(options)
    request.on('response', resolve).on('error', reject).end()
  })
}

/** A look-up of a name cannot be stopped, only left behind. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
}

async function body(url: URL, answer: IncomingMessage, rules: FetchRules): Promise<Uint8Array> {
  try {
    return await read(url, answer, rules)
  } finally {
    answer.destroy()
  }
}

async function read(url: URL, answer: IncomingMessage, { maxBytes: limit }: FetchRules): Promise<Uint8Array> {
  const status = answer.statusCode
  if (status === 404 || status === 410) throw new Refusal('fetch_missing', `${shown(url)} answers ${status}`)
  if (status === 429 || (status ?? 0) >= 500) throw new Refusal('fetch_server', `${shown(url)} answers ${status}; expected 200`)
  if (status !== 200) throw new Refusal('fetch_status', `${shown(url)} answers ${status}; expected 200`)
  const announced = Number(answer.headers['content-length'] ?? 0)
  if (announced > limit) throw new Refusal('fetch_too_large', `${shown(url)} has ${announced} bytes; the limit is ${limit}`)
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of answer as AsyncIterable<Uint8Array>) {
      parts.push(part)
      size += part.length
      if (size > limit) throw new Refusal('fetch_too_large', `${shown(url)} has more than ${limit} bytes, the limit`)
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ECONNRESET')
      throw new Refusal('fetch_truncated', `${shown(url)} ends after ${size} bytes${announced > 0 ? ` of ${announced}` : ''}`)
    throw error
  }
  return Buffer.concat(parts)
}
