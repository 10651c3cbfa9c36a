import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { StreamHistory, View, ViewChange } from '../../live/view.js'

const folder = fileURLToPath(new URL('../../page/', import.meta.url))
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
const types = { html: 'text/html; charset=utf-8', css: 'text/css', js: 'text/javascript' } as const

/** Serves the built page with what a test says, when it says it. */
export class PageServer {
  readonly #open = new Set<ServerResponse>()
  #server: Server | undefined
  #port = 0
  /** Of any stream. */
  history: (stream: string) => StreamHistory | undefined = () => undefined
  token: string | undefined

  constructor(public view: View) {}

  get address(): string {
    return `http://127.0.0.1:${this.#port}/page/`
  }

  /** Listens; after `stop` again, on the same port. */
  async start(): Promise<this> {
    this.#server = createServer((request, response) => void this.#answer(request, response))
    await once(this.#server.listen(this.#port, '127.0.0.1'), 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  async stop(): Promise<void> {
    const server = this.#server!
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  /** Tells every open page. */
  change(change: Omit<ViewChange, 'now' | 'eventLoopDelay'> & Partial<ViewChange>): void {
    this.#say('change', { now: this.view.now, eventLoopDelay: this.view.eventLoopDelay, ...change })
  }

  show(view: View): void {
    this.view = view
    this.#say('view', view)
  }

  #say(event: string, data: object): void {
    for (const response of this.#open) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url!, 'http://page.invalid')
    const name = pathname.slice('/page/'.length)
    response.setHeader('content-security-policy', policy)
    if (name === 'events' || name === 'history') {
      if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) response.writeHead(401).end()
      else if (name === 'events') this.#listen(response)
      else response.end(JSON.stringify(since(this.history(searchParams.get('stream')!), Number(searchParams.get('since')))))
      return
    }
    const file = name === '' ? 'index.html' : name
    const type = Object.entries(types).find(([ending]) => file.endsWith(`.${ending}`))?.[1]
    if (type === undefined) response.writeHead(404).end()
    else response.writeHead(200, { 'content-type': type }).end(await readFile(folder + file))
  }

  #listen(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    this.#open.add(response)
    response.once('close', () => this.#open.delete(response))
    response.write(`event: view\ndata: ${JSON.stringify(this.view)}\n\n`)
  }
}

/** The spans that end after a time, as the service gives them. */
function since(history: StreamHistory | undefined, time: number): StreamHistory | undefined {
  if (history === undefined) return undefined
  const { times, record, drift, effects, features, span } = history
  const from = times.filter((start) => start + span <= time).length
  return {
    ...history,
    times: times.slice(from),
    record: record.slice(from),
    drift: drift.slice(from),
    effects: effects.map(({ detector, values }) => ({ detector, values: values.slice(from) })),
    features: features.slice(from),
  }
}
