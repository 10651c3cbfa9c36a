import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * How a request is answered; `stall` never is, `stall-body` stops after the headers, `reset` breaks the connection,
 * `lost` does so after the event was accepted.
 */
export type Answer =
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }
  | 'stall'
  | 'stall-body'
  | 'reset'
  | 'lost'

export interface Received {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly body: string
  readonly headers: Record<string, string>
}

/** A real HTTP server on loopback that keeps what it is sent. */
export class HttpReceiver {
  /** What was accepted (answered with 2xx), in order. */
  readonly accepted: Received[] = []
  /** Every request that was not refused, whatever the answer. */
  readonly verified: Received[] = []
  /** Why requests were refused; they are answered with 401. */
  readonly refused: string[] = []
  /** Answers to the next requests. */
  readonly answers: Answer[] = []
  /** The answer when there is none of those. */
  usual: Answer = { status: 204 }
  /** Done before a request that is not refused is answered: what a test does at that moment, or a delay. */
  beforeAnswer: (received: Received) => Promise<void> = async () => {}
  readonly #server: Server
  readonly #events = new EventEmitter()

  protected constructor() {
    // A client that goes away in the middle of its request has sent nothing.
    this.#server = createServer((request, response) => void this.#receive(request, response).catch(() => request.destroy()))
  }

  static async start(): Promise<HttpReceiver> {
    return new HttpReceiver().listening()
  }

  /** `port`: a free one unless given. */
  protected async listening(port = 0): Promise<this> {
    this.#server.listen(port, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  /** Why a request is refused; undefined when it is not. */
  protected refusal(_body: string, _headers: Record<string, string>): string | undefined {
    return undefined
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`
  }

  /** Resolves when the next request has arrived whole. */
  async arrival(): Promise<void> {
    await once(this.#events, 'arrival')
  }

  /** Refuses connections until the function that it resolves to is called. */
  async down(): Promise<() => Promise<void>> {
    const { port } = this.#server.address() as AddressInfo
    await this.close()
    return async () => {
      this.#server.listen(port, '127.0.0.1')
      await once(this.#server, 'listening')
    }
  }

  /** Resolves when requests with so many different ids have come. */
  async different(count: number): Promise<void> {
    while (new Set(this.verified.map(({ id }) => id)).size < count) await this.arrival()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    if (this.#server.listening) await once(this.#server, 'close')
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString('utf8')
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const refusal = this.refusal(body, headers)
    if (refusal !== undefined) {
      this.refused.push(refusal)
      response.writeHead(401).end()
      return
    }
    const received = { id: headers['webhook-id'], method: request.method ?? '', path: request.url ?? '', body, headers }
    this.verified.push(received)
    await this.beforeAnswer(received)
    this.#answer(received, request, response)
    this.#events.emit('arrival')
  }

  #answer(received: Received, request: IncomingMessage, response: ServerResponse): void {
    const answer = this.answers.shift() ?? this.usual
    if (answer === 'stall') return
    if (answer === 'lost') this.accepted.push(received)
    if (answer === 'reset' || answer === 'lost') request.socket.resetAndDestroy()
    else if (answer === 'stall-body') response.writeHead(200, { 'content-length': '10' }).write('half')
    else {
      if (answer.status >= 200 && answer.status < 300) this.accepted.push(received)
      response.writeHead(answer.status, answer.headers).end(answer.body)
    }
  }
}
