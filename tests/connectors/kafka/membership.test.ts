import kafkajs, { type Consumer } from 'kafkajs'
import { describe, expect, it, vi } from 'vitest'
import { Membership } from '../../../connectors/kafka/membership.js'

/** kafkajs's consumer without a broker: calls are noted, and the test says what happens. */
function fakeConsumer() {
  const listeners = new Map<string, (event: { payload: unknown }) => void>()
  const calls: string[] = []
  const called = (name: string) => async () => {
    calls.push(name)
  }
  const real = new kafkajs.Kafka({ brokers: ['nowhere:1'] }).consumer({ groupId: 'g' })
  const consumer: Consumer = Object.assign(real, {
    connect: called('connect'),
    subscribe: called('subscribe'),
    run: called('run'),
    disconnect: called('disconnect'),
    commitOffsets: called('commitOffsets'),
    pause: (partitions: unknown) => calls.push(`pause ${JSON.stringify(partitions)}`),
    on: (name: string, listener: (event: { payload: unknown }) => void) => {
      listeners.set(name, listener)
      return () => listeners.delete(name)
    },
  })
  const happens = (name: string, payload: object = {}) => listeners.get(name)?.({ payload })
  return { consumer, calls, happens }
}

function join() {
  const fake = fakeConsumer()
  const heard: string[] = []
  const troubles: string[] = []
  const options = { group: 'g', topics: ['t'], partitions: 2, maxBytesPerPartition: 1, maxWait: 1, sessionTimeout: 1000 }
  const membership = new Membership({ consumer: () => fake.consumer }, options, {
    joined: (assignment) => heard.push(`joined ${JSON.stringify(assignment)}`),
    lost: () => heard.push('lost'),
    deliver: async () => {},
    passed: ({ partition }, next) => heard.push(`passed ${partition} ${next}`),
    troubled: (what) => troubles.push(what),
    recovered: () => troubles.push('recovered'),
    failed: ({ message }) => heard.push(`failed ${message}`),
  })
  return { ...fake, heard, troubles, membership }
}

const crash = (name: string, restart = false) => ({ error: Object.assign(new kafkajs.KafkaJSNonRetriableError(name), { name }), restart })

describe('a membership', () => {
  it('pauses every partition of an assignment before it is announced, after the former one is given up', async () => {
    const { membership, calls, heard, happens } = join()
    await membership.start()
    happens('consumer.group_join', { memberAssignment: { t: [0, 1] } })
    expect(calls.at(-1)).toBe('pause [{"topic":"t","partitions":[0,1]}]')
    expect(heard).toEqual(['lost', 'joined {"t":[0,1]}'])
  })

  it.each(['consumer.rebalancing', 'consumer.stop', 'consumer.crash'])('is over at %s', async (event) => {
    const { membership, heard, happens } = join()
    await membership.start()
    happens(event, crash('KafkaJSNumberOfRetriesExceeded', true))
    expect(heard).toEqual(['lost'])
  })

  it('starts again after a fault that passes, though it ended the consumer', async () => {
    const { membership, calls, heard, happens } = join()
    await membership.start()
    happens('consumer.crash', crash('KafkaJSGroupCoordinatorNotFound'))
    await new Promise(setImmediate)
    expect(calls).toEqual(['connect', 'subscribe', 'run', 'connect', 'subscribe', 'run'])
    expect(heard).not.toContain('failed KafkaJSGroupCoordinatorNotFound')
  })

  it('reports a fault that does not pass, and leaves restarts to kafkajs where it does them', async () => {
    const { membership, calls, heard, happens } = join()
    await membership.start()
    happens('consumer.crash', crash('KafkaJSNumberOfRetriesExceeded', true))
    happens('consumer.crash', crash('GROUP_AUTHORIZATION_FAILED'))
    expect(calls).toEqual(['connect', 'subscribe', 'run'])
    expect(heard.filter((entry) => entry.startsWith('failed'))).toEqual(['failed GROUP_AUTHORIZATION_FAILED'])
  })

  it('tells what keeps it from working, and when it works again', async () => {
    vi.useFakeTimers()
    const { membership, troubles, happens } = join()
    const told = () => troubles.splice(0)
    await membership.start()
    expect(told()).toEqual(['it has not joined yet'])
    happens('consumer.group_join', { memberAssignment: { t: [0] } })
    vi.advanceTimersByTime(900)
    happens('consumer.heartbeat')
    vi.advanceTimersByTime(900)
    expect(told()).toEqual([])
    vi.advanceTimersByTime(200)
    expect(told()).toEqual(['no heartbeat was answered for 1 s'])
    happens('consumer.heartbeat')
    happens('consumer.heartbeat')
    expect(told()).toEqual(['recovered'])
    happens('consumer.rebalancing')
    happens('consumer.crash', crash('KafkaJSNumberOfRetriesExceeded', true))
    expect(told()).toEqual(['its partitions are shared out anew', 'KafkaJSNumberOfRetriesExceeded'])
    await membership.close()
    vi.advanceTimersByTime(5000)
    expect(told()).toEqual([])
    vi.useRealTimers()
  })

  it('refuses to take a commit for done that the coordinator has not confirmed', async () => {
    const { membership } = join()
    await membership.start()
    await expect(membership.commit([{ topic: 't', partition: 0, offset: 1 }])).rejects.toThrow(/stopped before it could commit/)
  })

  it('stops a consumer that joins after it was closed', async () => {
    const { membership, calls, heard, happens } = join()
    await membership.start()
    await membership.close()
    happens('consumer.group_join', { memberAssignment: { t: [0] } })
    await new Promise(setImmediate)
    expect(calls.filter((call) => call === 'disconnect')).toHaveLength(2)
    expect(heard).not.toContain('joined {"t":[0]}')
  })

  it('does not start once it is closed', async () => {
    const { membership, calls } = join()
    await membership.close()
    await membership.start()
    expect(calls).toEqual(['disconnect'])
  })
})
