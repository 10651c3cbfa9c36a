import fc from 'fast-check'
import kafkajs from 'kafkajs'
import { describe, expect, it } from 'vitest'
import { partitioner } from '../../../connectors/kafka/partitioner.js'

const partitionMetadata = Array.from({ length: 7 }, (_, partitionId) => ({
  partitionErrorCode: 0,
  partitionId,
  leader: 1,
  replicas: [1],
  isr: [1],
}))
const place = (choose: ReturnType<typeof partitioner>, key: Buffer | string, partition?: number) =>
  choose({ topic: 'letters', partitionMetadata, message: { key, value: null, ...(partition !== undefined && { partition }) } })

describe('partitioner', () => {
  it("chooses as Kafka's own clients do", () => {
    const standard = kafkajs.Partitioners.DefaultPartitioner()
    const key = fc.oneof(
      fc.string(),
      fc.uint8Array({ maxLength: 1024 }).map((bytes) => Buffer.from(bytes)),
    )
    fc.assert(
      fc.property(key, (key) => {
        fc.pre(key.length > 0)
        expect(place(partitioner(), key)).toBe(place(standard, key))
      }),
    )
  })

  it('keeps the partition that a message names', () => {
    expect(place(partitioner(), 'key', 6)).toBe(6)
  })

  it('spreads long keys, each to one partition, without hashing them byte by byte', () => {
    const keys = Array.from({ length: 30 }, (_, i) => Buffer.alloc(1_000_000, `${i} `))
    const places = keys.map((key) => place(partitioner(), key))
    expect(keys.map((key) => place(partitioner(), key))).toEqual(places)
    expect(new Set(places).size).toBeGreaterThan(1)
  })
})
