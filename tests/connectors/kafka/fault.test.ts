import kafkajs from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { endsMembership, isForeign, isTransient, sinkError } from '../../../connectors/kafka/fault.js'

/** An error as kafkajs makes it from the protocol's codes, wrapped as it wraps what it gave up. */
function fault(name: string, type: string | undefined, retriable: boolean): Error {
  const error = Object.assign(new kafkajs.KafkaJSError('what happened'), { name, type, retriable })
  return gaveUp(error)
}
const gaveUp = (cause: Error) => Object.assign(new kafkajs.KafkaJSNonRetriableError('gave up'), { cause })
const protocol = (type: string, retriable = false) => fault('KafkaJSProtocolError', type, retriable)

describe('failed writes', () => {
  it.each([
    ['MESSAGE_TOO_LARGE', protocol('MESSAGE_TOO_LARGE'), 'too_large', false],
    ['TOPIC_AUTHORIZATION_FAILED', protocol('TOPIC_AUTHORIZATION_FAILED'), 'auth', true],
    ['a refused login', fault('KafkaJSSASLAuthenticationError', undefined, false), 'auth', true],
    ['a deleted topic', protocol('UNKNOWN_TOPIC_OR_PARTITION', true), 'gone', true],
    ['a request without answer', fault('KafkaJSRequestTimeoutError', undefined, true), 'timeout', true],
    ['a lost connection', fault('KafkaJSConnectionClosedError', undefined, true), 'connection', true],
    ['no broker', fault('KafkaJSBrokerNotFound', undefined, true), 'connection', true],
    ['a leader that moved', protocol('NOT_LEADER_FOR_PARTITION', true), 'server', true],
    ['a sequence that the broker does not know', protocol('OUT_OF_ORDER_SEQUENCE_NUMBER'), 'server', true],
    ['INVALID_TIMESTAMP', protocol('INVALID_TIMESTAMP'), 'client', false],
    ['an error of ours', new TypeError('x'), 'client', false],
  ])('%s', (_, error, reason, recoverable) => {
    expect(sinkError(error, ['b:1'], 'alerts')).toMatchObject({ reason, recoverable, cause: error })
  })

  it('says topic, brokers and what happened, with the mend where there is one', () => {
    const { message } = sinkError(protocol('MESSAGE_TOO_LARGE'), ['b:1', 'c:1'], 'alerts')
    expect(message).toBe("topic alerts at b:1, c:1: what happened (MESSAGE_TOO_LARGE); raise the topic's max.message.bytes")
  })
})

describe('other faults', () => {
  it('knows which end a membership', () => {
    expect(endsMembership(protocol('REBALANCE_IN_PROGRESS'))).toBe(true)
    expect(endsMembership(protocol('UNKNOWN_MEMBER_ID'))).toBe(true)
    expect(endsMembership(protocol('REQUEST_TIMED_OUT', true))).toBe(false)
    expect(endsMembership('nonsense')).toBe(false)
  })

  it('knows which pass', () => {
    expect(isTransient(fault('KafkaJSGroupCoordinatorNotFound', undefined, false))).toBe(true)
    expect(isTransient(protocol('NOT_COORDINATOR_FOR_GROUP', true))).toBe(true)
    expect(isTransient(protocol('GROUP_AUTHORIZATION_FAILED'))).toBe(false)
    expect(isTransient(new TypeError('x'))).toBe(false)
  })

  it("knows which are not kafkajs's", () => {
    expect(isForeign(gaveUp(new Error('not an LZ4 frame')))).toBe(true)
    expect(isForeign(protocol('UNKNOWN_MEMBER_ID'))).toBe(false)
  })
})
