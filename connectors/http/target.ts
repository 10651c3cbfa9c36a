import { redactor } from '../../telemetry/redact.js'
import type { Secret } from '../options.js'
import { SinkError } from '../sink.js'
import { faultOf, type Meanings } from './outcome.js'

/** Whom requests go to, and how. */
export interface HttpTargetOptions {
  /** The sink's type, for messages. */
  readonly sink: string
  readonly url: string
  /** ms that one request may take, answer included. */
  readonly timeout: number
  readonly headers: Readonly<Record<string, Secret>>
  /** Whatever else no message may show. */
  readonly secrets?: readonly string[]
  /** Statuses that this receiver means otherwise. */
  readonly meanings?: Meanings
}

export interface HttpRequest {
  /** None of a GET. */
  readonly body?: string
  readonly headers: Readonly<Record<string, string>>
  /** POST unless given. */
  readonly method?: string
  /** In place of the target's own. */
  readonly url?: string
}

/** A receiver of HTTP requests. It tries once, follows no redirect, and no error of it shows a secret. */
export class HttpTarget {
  readonly #options: HttpTargetOptions
  /** The receiver as messages name it: paths and queries of webhooks are often secrets. */
  readonly where: string
  #closed = false

  constructor(options: HttpTargetOptions) {
    this.#options = options
    this.where = `sink ${options.sink}: ${new URL(options.url).origin}`
  }

  /** Resolves when the receiver has answered 2xx. @throws SinkError */
  async send(request: HttpRequest, signal: AbortSignal): Promise<void> {
    if (this.#closed) throw new SinkError('closed', false, `${this.where} was written to after it was closed`)
    if (signal.aborted) throw this.#stopped()
    const deadline = new Deadline(signal, this.#options.timeout)
    const url = request.url ?? this.#options.url
    try {
      const response = await this.#fetch(url, request, deadline.signal)
      const fault = await faultOf(response, this.where, (text) => this.#redact(text, url), this.#options.meanings)
      if (fault !== undefined) throw fault
    } catch (error) {
      if (error instanceof SinkError) throw error
      if (signal.aborted) throw this.#stopped()
      throw deadline.signal.aborted ? this.#late() : this.#unreachable(error)
    } finally {
      deadline.clear()
    }
  }

  /** Refuses what is sent from now on. */
  close(): void {
    this.#closed = true
  }

  #fetch(url: string, { method = 'POST', headers, body }: HttpRequest, signal: AbortSignal): Promise<Response> {
    const all = new Headers(Object.entries(this.#options.headers).map(([name, value]) => [name, value.reveal()]))
    for (const [name, value] of Object.entries(headers)) all.set(name, value)
    return fetch(url, { method, headers: all, ...(body !== undefined && { body }), signal, redirect: 'manual' })
  }

  #redact(text: string, url: string): string {
    const { headers, secrets = [] } = this.#options
    const values = Object.values(headers).map((value) => value.reveal())
    // With and without a scheme such as "Bearer".
    return redactor([...secrets, ...confidentialParts(new URL(url)), ...values, ...values.map((value) => value.replace(/^\S+ /, ''))])(text)
  }

  #stopped(): SinkError {
    return new SinkError('closed', true, `${this.where}: stopped before the receiver accepted the event`)
  }

  #late(): SinkError {
    return new SinkError('timeout', true, `${this.where} did not answer within ${this.#options.timeout} ms (timeout)`)
  }

  #unreachable(error: unknown): SinkError {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const code = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : String(cause)
    return new SinkError('connection', true, `${this.where} cannot be reached: ${code}`, { cause })
  }
}

/** Path and query of a URL as wholes, and the parts of them that look like keys. */
function confidentialParts({ pathname, search, searchParams }: URL): string[] {
  const parts = [...pathname.split('/'), ...searchParams.values()]
  return [pathname, search, ...parts.filter((part) => part.length >= 8)]
}

/** Aborts with the outer signal or after a time; unlike AbortSignal.any it leaves nothing behind on the outer one. */
class Deadline {
  readonly #controller = new AbortController()
  readonly #outer: AbortSignal
  readonly #timer: NodeJS.Timeout
  readonly #stop = () => this.#controller.abort()

  constructor(outer: AbortSignal, ms: number) {
    this.#outer = outer
    this.#timer = setTimeout(this.#stop, ms)
    outer.addEventListener('abort', this.#stop)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#outer.removeEventListener('abort', this.#stop)
  }
}
