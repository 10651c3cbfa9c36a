import { EventEmitter, once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'

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
  readonly body: string
  readonly headers: Record<string, string>
}

/** A real HTTP server on loopback that takes only requests whose Standard Webhooks signature it can verify. */
export class WebhookReceiver {
  /** What was accepted (answered with 2xx), in order. */
  readonly accepted: Received[] = []
  /** Every request whose signature was right, whatever the answer. */
  readonly verified: Received[] = []
  /** What the verifier said of requests that it refused; they are answered with 401. */
  readonly refused: string[] = []
  /** Answers to the next requests. */
  readonly answers: Answer[] = []
  /** The answer when there is none of those. */
  usual: Answer = { status: 204 }
  /** Done before a request whose signature is right is answered: what a test does at that moment, or a delay. */
  beforeAnswer: (received: Received) => Promise<void> = async () => {}
  readonly #server: Server
  readonly #verifier: Webhook
  readonly #events = new EventEmitter()

  private constructor(secret: string) {
    this.#verifier = new Webhook(secret)
    // A client that goes away in the middle of its request has sent nothing.
    this.#server = createServer((request, response) => void this.#receive(request, response).catch(() => request.destroy()))
  }

  /** `port`: a free one unless given. */
  static async start(secret: string, port = 0): Promise<WebhookReceiver> {
    const receiver = new WebhookReceiver(secret)
    receiver.#server.listen(port, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
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
    try {
      this.#verifier.verify(body, headers)
    } catch (error) {
      this.refused.push(String(error))
      response.writeHead(401).end()
      return
    }
    const received = { id: headers['webhook-id'], body, headers }
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
