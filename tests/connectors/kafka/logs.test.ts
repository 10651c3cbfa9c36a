import kafkajs from 'kafkajs'
import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { gradedLogs } from '../../../connectors/kafka/logs.js'

/** A log of kafkajs, and what it becomes in ours. */
function log() {
  const lines: Record<string, unknown>[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) })
  const write = gradedLogs(logger)(kafkajs.logLevel.DEBUG)
  const say = (level: kafkajs.logLevel, message: string, extra: object = {}) =>
    write({ namespace: 'Connection', level, label: '', log: { timestamp: '', message, ...extra } })
  return { lines, say }
}

/** What one kafkajs message becomes in our log. */
function logged(level: kafkajs.logLevel, message: string, extra: object = {}): Record<string, unknown> {
  const { lines, say } = log()
  say(level, message, extra)
  return lines[0]
}

const { ERROR, WARN, INFO, DEBUG } = kafkajs.logLevel
const levels = pino.levels.values

describe("kafkajs's messages in our log", () => {
  it.each([
    ['an error', ERROR, 'Connection error: connect ECONNREFUSED 127.0.0.1:9092', {}, 'warn'],
    ['a warning', WARN, 'Something odd', {}, 'warn'],
    [
      'the first use of a coordinator',
      ERROR,
      'Response GroupCoordinator(key: 10, version: 2)',
      { error: 'The group coordinator is not available' },
      'debug',
    ],
    [
      'a rebalance',
      ERROR,
      'Response Heartbeat(key: 12, version: 3)',
      { error: 'The group is rebalancing, so a rejoin is needed' },
      'debug',
    ],
    [
      'a new leader',
      ERROR,
      'Response Metadata(key: 3, version: 6)',
      { error: 'There is no leader for this topic-partition as we are in the middle of a leadership election' },
      'debug',
    ],
    ['information', INFO, 'Consumer has joined the group', {}, 'debug'],
    ['chatter', DEBUG, 'Request Fetch', {}, 'trace'],
  ])('grades %s', (_, level, message, extra, expected) => {
    expect(logged(level, message, extra).level).toBe(levels[expected])
  })

  it('warns of an outage once, not at every try', () => {
    const { lines, say } = log()
    for (const broker of ['a:1', 'b:1', 'a:1', 'b:1']) say(ERROR, `Connection error: connect ECONNREFUSED ${broker}`, { broker })
    expect(lines.map(({ level }) => level)).toEqual([levels.warn, levels.warn, levels.debug, levels.debug])
  })

  it('takes over what helps, and nothing else', () => {
    const line = logged(ERROR, 'Crash', {
      groupId: 'g',
      broker: 'b:1',
      retryCount: 3,
      stack: 'at secret.js',
      payload: { password: 's3cret' },
    })
    expect(line).toMatchObject({ component: 'kafkajs/Connection', groupId: 'g', broker: 'b:1', retryCount: 3, msg: 'kafka: Crash' })
    expect(JSON.stringify(line)).not.toContain('secret')
  })
})
