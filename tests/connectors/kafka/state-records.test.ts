import type { KafkaMessage, Message } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { parseKey, parseValue, toRecords } from '../../../connectors/kafka/state-records.js'

const stored = ({ key, value }: Pick<Message, 'key' | 'value'>): KafkaMessage => ({
  key: key == null ? null : Buffer.from(key),
  value: value == null ? null : Buffer.from(value),
  offset: '0',
  timestamp: '0',
  attributes: 0,
  headers: {},
})
const round = {
  lease: { topic: 'features', partition: 7, revoked: false },
  offset: 2 ** 40,
  streams: new Map([['a/"b', { lastOffset: 2 ** 40 - 1, state: Uint8Array.of(0, 255, 3) }]]),
  forgotten: [],
}

describe('records of the state topic', () => {
  it('read back as written, the marker last', () => {
    const records = [...toRecords('payments', round)]
    expect(records.map(({ partition }) => partition)).toEqual([7, 7])
    const [stream, marker] = records.map(stored)
    expect(parseKey(stream, 'here')).toEqual({ monitor: 'payments', topic: 'features', partition: 7, stream: 'a/"b' })
    expect(parseValue(stream, 'here')).toEqual({ lastOffset: 2 ** 40 - 1, state: Uint8Array.of(0, 255, 3) })
    expect(parseKey(marker, 'here')).toEqual({ monitor: 'payments', topic: 'features', partition: 7, stream: undefined })
    expect(parseValue(marker, 'here')?.lastOffset).toBe(2 ** 40)
  })

  it('delete what is forgotten, after the marker', () => {
    const [, , tombstone, ...others] = [...toRecords('payments', { ...round, forgotten: ['gone'] })]
    expect(others).toEqual([])
    expect(parseKey(stored(tombstone), 'here')).toEqual({ monitor: 'payments', topic: 'features', partition: 7, stream: 'gone' })
    expect(tombstone).toMatchObject({ partition: 7, value: null })
  })

  it('know a deleted state', () => {
    expect(parseValue(stored({ key: '[]', value: null }), 'here')).toBeUndefined()
  })

  it('are refused in another layout, with what to do', () => {
    const value = Buffer.concat([Buffer.from([9]), Buffer.alloc(8)])
    expect(() => parseValue(stored({ key: '[]', value }), 'topic s, offset 3')).toThrow(
      /topic s, offset 3: holds state in layout 9, .*another state topic/,
    )
    expect(() => parseValue(stored({ key: '[]', value: Buffer.from([1]) }), 'here')).toThrow(/here/)
  })

  it.each([null, 'user-17', '{}', '["m","t"]', '["m","t",1,2]'])('are told from a foreign record with the key %s', (key) => {
    expect(() => parseKey(stored({ key, value: '' }), 'topic s, offset 3')).toThrow(/topic s, offset 3: is no state of Driftwatch/)
  })
})
