import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Route } from '../telemetry/server.js'
import type { Asset } from './assets.js'
import type { Feed } from './feed.js'
import type { Guard, Refused } from './guard.js'
import type { Live } from './live.js'

export interface RoutesOptions {
  readonly live: Live
  readonly feed: Feed
  readonly guard: Guard
  /** None: the page was not built. */
  readonly assets: ReadonlyMap<string, Asset>
}

/** Streams of events and data are below the page, so that it can ask for them relative to where it is, whatever stands before that. */
const FOLDER = '/page/'

/** What the live page is served by: the page itself at `/page/`, its data below. All is read-only. */
export function pageRoutes(options: RoutesOptions): Route[] {
  const answer = new PageAnswers(options)
  const redirect = (to: string) => (request: IncomingMessage, response: ServerResponse) => {
    if (answer.admits(request, response)) response.writeHead(302, { location: to, 'content-length': 0 }).end()
  }
  return [
    { path: '/', handle: redirect('page/') },
    { path: FOLDER, handle: (request, response) => answer.handle(request, response) },
  ]
}

class PageAnswers {
  constructor(private readonly options: RoutesOptions) {}

  handle(request: IncomingMessage, response: ServerResponse): void {
    if (!this.admits(request, response)) return
    const url = new URL(request.url ?? '', 'http://page.invalid')
    const name = url.pathname.slice(FOLDER.length)
    if (url.pathname === FOLDER.slice(0, -1)) {
      response.writeHead(302, { location: 'page/', 'content-length': 0 }).end()
      return
    }
    if (name === 'events') this.#events(request, response, url.searchParams)
    else if (name === 'history') this.#history(request, response, url.searchParams)
    else this.#asset(request, response, name === '' ? 'index.html' : name)
  }

  /** Whether the request may be served; else it was answered. */
  admits(request: IncomingMessage, response: ServerResponse): boolean {
    return !refused(request, response, this.options.guard.check(request, response))
  }

  #events(request: IncomingMessage, response: ServerResponse, asked: URLSearchParams): void {
    const { guard, feed } = this.options
    if (refused(request, response, guard.authorise(request, response))) return
    if (feed.full) return text(request, response, 503, 'too many pages are open; close one and load this again')
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
    if (request.method === 'HEAD') response.end()
    else feed.join(response, asked.get('monitor') ?? undefined)
  }

  #history(request: IncomingMessage, response: ServerResponse, asked: URLSearchParams): void {
    const { guard, live } = this.options
    if (refused(request, response, guard.authorise(request, response))) return
    const since = asked.has('since') ? Number(asked.get('since')) : undefined
    if (Number.isNaN(since)) return text(request, response, 400, '`since` is no time in ms since the epoch')
    const history = live.history(asked.get('monitor') ?? '', asked.get('stream') ?? '', since)
    if (history === undefined) return text(request, response, 404, 'no history is kept of such a stream; give `monitor` and `stream`')
    send(request, response, 200, { 'content-type': 'application/json', 'cache-control': 'no-store' }, JSON.stringify(history))
  }

  #asset(request: IncomingMessage, response: ServerResponse, name: string): void {
    const { assets } = this.options
    const asset = assets.get(name)
    if (assets.size === 0) return text(request, response, 503, 'the page was not built: run `npm run build`, and start again')
    if (asset === undefined) return text(request, response, 404, 'no such file; the page is at /page/')
    const headers = { 'content-type': asset.type, 'cache-control': 'no-cache', vary: 'accept-encoding', etag: asset.etag }
    if (request.headers['if-none-match'] === asset.etag) {
      response.writeHead(304, headers).end()
      return
    }
    const accepted = request.headers['accept-encoding'] ?? ''
    const encoding = (['br', 'gzip'] as const).find((one) => new RegExp(`\\b${one}\\b`).test(String(accepted)))
    if (encoding === undefined) send(request, response, 200, headers, asset.plain)
    else send(request, response, 200, { ...headers, 'content-encoding': encoding }, asset.encoded[encoding])
  }
}

/** Answers with the reason, if there is one. */
function refused(request: IncomingMessage, response: ServerResponse, reason: Refused | undefined): boolean {
  if (reason === undefined) return false
  text(request, response, reason.status, reason.why)
  return true
}

const text = (request: IncomingMessage, response: ServerResponse, status: number, body: string): void =>
  send(request, response, status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }, `${body}\n`)

function send(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string | Buffer,
): void {
  const unread = request.method !== 'GET' && request.method !== 'HEAD'
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), ...(unread && { connection: 'close' }) })
  response.end(request.method === 'HEAD' ? undefined : body)
}
