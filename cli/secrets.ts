import { Secret } from '../connectors/options.js'
import { redactor } from '../telemetry/redact.js'

/** Every secret of a configuration. */
export function secretsOf(value: unknown): Secret[] {
  if (value instanceof Secret) return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsOf) : []
}

/** Those of every configuration that this process has read: an error may end it anywhere. */
const known: Secret[] = []

export function keepSecret(config: object): void {
  known.push(...secretsOf(config))
}

/** A text about to be shown, without any secret that this process knows. */
export const withoutSecrets = (text: string): string => redactor(known.map((secret) => secret.reveal()))(text)
