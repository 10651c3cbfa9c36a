import fc from 'fast-check'
import type { KafkaMessage } from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { portions } from '../../../connectors/kafka/batches.js'

const message = (offset: number, bytes: number): KafkaMessage => ({
  offset: String(offset),
  timestamp: '1700000000000',
  attributes: 0,
  key: Buffer.from('k'),
  value: Buffer.alloc(bytes),
  headers: {},
})

describe('portions of a fetch', () => {
  it('keeps order and content, within 1,024 records and 1 MiB', () => {
    const sizes = fc.array(fc.oneof(fc.nat(200), fc.nat(1_500_000)), { maxLength: 30 })
    fc.assert(
      fc.property(sizes, fc.nat(3000), (large, small) => {
        const messages = [...large, ...Array<number>(small).fill(10)].map((bytes, i) => message(i * 2, bytes))
        const cut = [...portions(messages, Number.POSITIVE_INFINITY)]
        expect(cut.flatMap(({ records }) => [...records.offsets])).toEqual(messages.map((_, i) => i * 2))
        for (const { records, bytes } of cut) {
          expect(bytes).toBe([...records].reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0), 0))
          expect(records.length > 0 && records.length <= 1024).toBe(true)
          expect(bytes <= 1024 * 1024 || records.length === 1).toBe(true)
        }
      }),
    )
  })

  it('leaves out what stands at the end or after it', () => {
    const messages = [0, 1, 5, 6].map((offset) => message(offset, 1))
    expect([...portions(messages, 5)].flatMap(({ records }) => [...records.offsets])).toEqual([0, 1])
    expect([...portions(messages, 0)]).toEqual([])
  })

  it('reads times and offsets of any size, and none where a message of an old format has none', () => {
    const of = (offset: string, timestamp?: string) => ({ ...message(0, 1), offset, timestamp }) as KafkaMessage
    const [{ records }] = portions([of('0', '-1'), of('9007199254740991', '-9007199254740991'), of('9007199254740993')], Infinity)
    expect([...records.offsets]).toEqual([0, 2 ** 53 - 1, 2 ** 53])
    expect([...records.timestamps]).toEqual([-1, 1 - 2 ** 53, Number.NaN])
  })

  it('counts a tombstone as no bytes', () => {
    const [{ bytes, records }] = portions([{ ...message(3, 0), key: null, value: null }], 9)
    expect(bytes).toBe(0)
    expect([...records]).toMatchObject([{ offset: 3, timestamp: 1_700_000_000_000, key: null, value: null }])
  })
})
