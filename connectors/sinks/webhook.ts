import { Webhook } from 'standardwebhooks'
import { serialise } from '../../alerts/compose.js'
import type { AlertEvent } from '../../alerts/event.js'
import type { Component } from '../component.js'
import { HttpTarget } from '../http/target.js'
import type { Sink } from '../sink.js'
import { type WebhookOptions, webhookOptions } from './webhook-options.js'

/**
 * Posts events to an HTTP receiver as CloudEvents in structured mode, signed as Standard Webhooks 1.0 says.
 * The receiver sees the same `webhook-id` and the same bytes when an event comes again.
 */
export class WebhookSink implements Sink {
  readonly name = 'webhook'
  readonly #signers: readonly Webhook[]
  readonly #target: HttpTarget

  constructor({ secrets, ...options }: WebhookOptions) {
    this.#signers = secrets.map((secret) => new Webhook(secret.reveal()))
    const keys = secrets.map((secret) => secret.reveal().replace(/^whsec_/, ''))
    this.#target = new HttpTarget({ sink: this.name, ...options, secrets: keys })
  }

  /** Asks nothing of the receiver: one that is down at the start must not keep the monitor from watching. */
  async connect(): Promise<void> {}

  async write(event: AlertEvent, signal: AbortSignal): Promise<void> {
    const body = serialise(event)
    const now = new Date()
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': event.id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': this.#signers.map((signer) => signer.sign(event.id, now, body)).join(' '),
    }
    await this.#target.send({ body, headers }, signal)
  }

  async close(): Promise<void> {
    this.#target.close()
  }
}

export const webhook: Component<typeof webhookOptions, Sink> = {
  type: 'webhook',
  title: 'HTTP receiver: signed CloudEvents (Standard Webhooks)',
  schema: webhookOptions,
  create: (options) => new WebhookSink(options),
}
