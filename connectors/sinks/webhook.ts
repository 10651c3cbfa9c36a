import { Webhook } from 'standardwebhooks'
import { serialise } from '../../alerts/compose.js'
import type { AlertEvent } from '../../alerts/event.js'
import { redactor } from '../../telemetry/redact.js'
import type { Component } from '../component.js'
import { type Sink, SinkError } from '../sink.js'
import { type WebhookOptions, webhookOptions } from './webhook-options.js'
import { faultOf } from './webhook-outcome.js'

/**
 * Posts events to an HTTP receiver as CloudEvents in structured mode, signed as Standard Webhooks 1.0 says.
 * The receiver sees the same `webhook-id` and the same bytes when an event comes again.
 */
export class WebhookSink implements Sink {
  readonly name = 'webhook'
  readonly #options: WebhookOptions
  readonly #signers: readonly Webhook[]
  /** The receiver as messages name it: paths and queries of webhooks are often secrets. */
  readonly #where: string
  readonly #redact: (text: string) => string
  #closed = false

  constructor(options: WebhookOptions) {
    this.#options = options
    this.#signers = options.secrets.map((secret) => new Webhook(secret.reveal()))
    const url = new URL(options.url)
    this.#where = `sink webhook: ${url.origin}`
    const keys = options.secrets.map((secret) => secret.reveal().replace(/^whsec_/, ''))
    // With and without a scheme such as "Bearer".
    const headers = Object.values(options.headers).map((value) => value.reveal())
    this.#redact = redactor([...keys, ...confidentialParts(url), ...headers, ...headers.map((value) => value.replace(/^\S+ /, ''))])
  }

  /** Asks nothing of the receiver: one that is down at the start must not keep the monitor from watching. */
  async connect(): Promise<void> {}

  async write(event: AlertEvent, signal: AbortSignal): Promise<void> {
    if (this.#closed) throw new SinkError('closed', false, `${this.#where} was written to after it was closed`)
    if (signal.aborted) throw this.#stopped()
    const deadline = new Deadline(signal, this.#options.timeout)
    try {
      const fault = await faultOf(await this.#post(event, deadline.signal), this.#where, this.#redact)
      if (fault !== undefined) throw fault
    } catch (error) {
      if (error instanceof SinkError) throw error
      if (signal.aborted) throw this.#stopped()
      throw deadline.signal.aborted ? this.#late() : this.#unreachable(error)
    } finally {
      deadline.clear()
    }
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  #post(event: AlertEvent, signal: AbortSignal): Promise<Response> {
    const body = serialise(event)
    const now = new Date()
    const headers = new Headers(Object.entries(this.#options.headers).map(([name, value]) => [name, value.reveal()]))
    headers.set('content-type', 'application/cloudevents+json; charset=utf-8')
    headers.set('webhook-id', event.id)
    headers.set('webhook-timestamp', String(Math.floor(now.getTime() / 1000)))
    headers.set('webhook-signature', this.#signers.map((signer) => signer.sign(event.id, now, body)).join(' '))
    return fetch(this.#options.url, { method: 'POST', headers, body, signal, redirect: 'manual' })
  }

  #stopped(): SinkError {
    return new SinkError('closed', true, `${this.#where}: stopped before the receiver accepted the event`)
  }

  #late(): SinkError {
    return new SinkError('timeout', true, `${this.#where} did not answer within ${this.#options.timeout} ms (timeout)`)
  }

  #unreachable(error: unknown): SinkError {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    const code = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : String(cause)
    return new SinkError('connection', true, `${this.#where} cannot be reached: ${code}`, { cause })
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

export const webhook: Component<typeof webhookOptions, Sink> = {
  type: 'webhook',
  title: 'HTTP receiver: signed CloudEvents (Standard Webhooks)',
  schema: webhookOptions,
  create: (options) => new WebhookSink(options),
}
