import kafkajs from 'kafkajs'
import { SinkError, type SinkReason } from '../sink.js'

/** What is known of a kafkajs error: its class and the protocol's name of it. */
export interface Fault {
  readonly name: string
  readonly type: string | undefined
  readonly retriable: boolean
  readonly message: string
}

/** The innermost cause: kafkajs wraps what happened in "retries exceeded" and "non-retriable" errors. */
function rootOf(error: unknown): unknown {
  let inner = error
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause
  return inner
}

export function faultOf(error: unknown): Fault {
  const root = rootOf(error)
  if (!(root instanceof Error)) return { name: 'Error', type: undefined, retriable: false, message: String(root) }
  const { type, retriable } = root as Error & { type?: string; retriable?: boolean }
  return { name: root.name, type, retriable: retriable === true, message: root.message }
}

/** What to do about faults that time alone does not mend. */
const advice: Readonly<Record<string, string>> = {
  UNKNOWN_TOPIC_OR_PARTITION: '; if the topic was deleted, create it again or correct its name',
  TOPIC_AUTHORIZATION_FAILED: '; give this user its right to the topic (docs/kafka.md, Rights)',
  GROUP_AUTHORIZATION_FAILED: '; give this user its right to the group (docs/kafka.md, Rights)',
}

/** An error in words, with the protocol's name of it and what to do. */
export function described(error: unknown): string {
  const { type = '', message } = faultOf(error)
  return `${message}${type && ` (${type})`}${advice[type] ?? ''}`
}

/** An error of ours that passed through kafkajs, such as a record batch that cannot be unpacked: trying again would not help. */
export const isForeign = (error: unknown): boolean => !(rootOf(error) instanceof kafkajs.KafkaJSError)

const lostMembership = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'NOT_COORDINATOR_FOR_GROUP',
])

/** Whether the error says that this member's assignment is over, or about to be. */
export const endsMembership = (error: unknown): boolean => lostMembership.has(faultOf(error).type ?? '')

const authErrors = new Set([
  'SASL_AUTHENTICATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
])
/** A new producer id mends these. */
const sequenceErrors = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
])
const connectionErrors = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSBrokerNotFound',
  'KafkaJSNoBrokerAvailableError',
  'KafkaJSMetadataNotLoaded',
  'KafkaJSTopicMetadataNotLoaded',
  'KafkaJSGroupCoordinatorNotFound',
  'KafkaJSLockTimeout',
])

/** Whether the same request may succeed later. */
export function isTransient(error: unknown): boolean {
  const { name, retriable } = faultOf(error)
  return retriable || connectionErrors.has(name)
}

/** Reason and recoverability of a failed write. */
export function writeFault(error: unknown): { reason: SinkReason; recoverable: boolean } {
  const { name, type, retriable } = faultOf(error)
  if (type === 'MESSAGE_TOO_LARGE' || type === 'RECORD_LIST_TOO_LARGE') return { reason: 'too_large', recoverable: false }
  if (name === 'KafkaJSSASLAuthenticationError' || authErrors.has(type ?? '')) return { reason: 'auth', recoverable: true }
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return { reason: 'gone', recoverable: true }
  if (type === 'REQUEST_TIMED_OUT' || name === 'KafkaJSRequestTimeoutError') return { reason: 'timeout', recoverable: true }
  if (connectionErrors.has(name)) return { reason: 'connection', recoverable: true }
  if (retriable || sequenceErrors.has(type ?? '')) return { reason: 'server', recoverable: true }
  return { reason: 'client', recoverable: false }
}

/** A failed write to a topic as the sinks' contract wants it. */
export function sinkError(error: unknown, brokers: readonly string[], topic: string): SinkError {
  if (error instanceof SinkError) return error
  const { reason, recoverable } = writeFault(error)
  const { type, message } = faultOf(error)
  return new SinkError(
    reason,
    recoverable,
    `topic ${topic} at ${brokers.join(', ')}: ${message}${type ? ` (${type})` : ''}${mend(reason)}`,
    { cause: error },
  )
}

function mend(reason: SinkReason): string {
  switch (reason) {
    case 'too_large':
      return "; raise the topic's max.message.bytes"
    case 'auth':
      return '; check sasl and that the user may write to the topic'
    case 'gone':
      return '; create the topic again'
    default:
      return ''
  }
}
