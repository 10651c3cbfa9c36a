import { Webhook } from 'standardwebhooks'
import { HttpReceiver } from './http-receiver.js'

export type { Answer, Received } from './http-receiver.js'

/** A receiver that takes only requests whose Standard Webhooks signature it can verify. */
export class WebhookReceiver extends HttpReceiver {
  readonly #verifier: Webhook

  private constructor(secret: string) {
    super()
    this.#verifier = new Webhook(secret)
  }

  /** `port`: a free one unless given. */
  static override start(secret = '', port = 0): Promise<WebhookReceiver> {
    return new WebhookReceiver(secret).listening(port)
  }

  protected override refusal(body: string, headers: Record<string, string>): string | undefined {
    try {
      this.#verifier.verify(body, headers)
      return undefined
    } catch (error) {
      return String(error)
    }
  }
}
