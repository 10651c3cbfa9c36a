import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Route } from '../telemetry/server.js'
import type { Asset } from './assets.js'
import type { Feed } from './feed.js'
import type { Guard } from './guard.js'
import type { Live } from './live.js'

export interface RoutesOptions {
  readonly live: Live
  readonly feed: Feed
  readonly guard: Guard
  /** None: the page was not built. */
  readonly assets: ReadonlyMap<string, Asset>
}

/** The page, and beside it what it asks for: so it need not know what stands before that in its address. */
const FOLDER = '/page/'

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** What the live page is served by: the page itself at `/page/`, its data beside it. All is read-only. */
export function pageRoutes(options: RoutesOptions): Route[] {
  const route = (path: string, answer: (request: IncomingMessage, response: ServerResponse) => Answer | 'stream'): Route => ({
    path,
    handle(request, response) {
      const refusal = options.guard.check(request, response)
      const answered = refusal === undefined ? answer(request, response) : text(refusal.status, refusal.why)
      if (answered !== 'stream') send(request, response, answered)
    },
  })
  return [route('/', () => redirect), route(FOLDER, (request, response) => answerBelow(options, request, response))]
}

function answerBelow(options: RoutesOptions, request: IncomingMessage, response: ServerResponse): Answer | 'stream' {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://page.invalid')
  if (!pathname.startsWith(FOLDER)) return redirect
  const name = pathname.slice(FOLDER.length)
  if (name !== 'events' && name !== 'history') return assetAnswer(options.assets, request, name === '' ? 'index.html' : name)
  const refusal = options.guard.authorise(request, response)
  if (refusal !== undefined) return text(refusal.status, refusal.why)
  return name === 'events' ? stream(options.feed, request, response, searchParams) : historyAnswer(options.live, searchParams)
}

function stream(feed: Feed, request: IncomingMessage, response: ServerResponse, asked: URLSearchParams): Answer | 'stream' {
  if (feed.full) return text(503, 'too many pages are open; close one and load this again')
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
  response.writeHead(200, headers)
  if (request.method === 'HEAD') response.end()
  else feed.join(response, asked.get('monitor') ?? undefined)
  return 'stream'
}

function historyAnswer(live: Live, asked: URLSearchParams): Answer {
  const since = asked.get('since')
  if (since !== null && !Number.isFinite(Number(since))) return text(400, '`since` is no time in ms since the epoch')
  const history = live.history(asked.get('monitor') ?? '', asked.get('stream') ?? '', since === null ? undefined : Number(since))
  if (history === undefined) return text(404, 'no history is kept of such a stream; give `monitor` and `stream`')
  return { status: 200, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }, body: JSON.stringify(history) }
}

function assetAnswer(assets: ReadonlyMap<string, Asset>, { headers }: IncomingMessage, name: string): Answer {
  if (assets.size === 0) return text(503, 'the page was not built: run `npm run build`, and start again')
  const asset = assets.get(name)
  if (asset === undefined) return text(404, 'no such file; the page is at /page/')
  const { type, etag, plain, encoded } = asset
  const sent = { 'content-type': type, 'cache-control': 'no-cache', vary: 'accept-encoding', etag }
  if (headers['if-none-match'] === etag) return { status: 304, headers: sent, body: '' }
  const accepted = String(headers['accept-encoding'] ?? '')
  const encoding = (['br', 'gzip'] as const).find((one) => new RegExp(`\\b${one}\\b`).test(accepted))
  if (encoding === undefined) return { status: 200, headers: sent, body: plain }
  return { status: 200, headers: { ...sent, 'content-encoding': encoding }, body: encoded[encoding] }
}

const redirect: Answer = { status: 302, headers: { location: FOLDER.slice(1) }, body: '' }

const text = (status: number, body: string): Answer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body: `${body}\n`,
})

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Answer): void {
  const read = request.method === 'GET' || request.method === 'HEAD'
  // The body of another request was not read: its connection cannot be used again.
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body), ...(!read && { connection: 'close' }) })
  response.end(request.method === 'HEAD' ? undefined : body)
}
