import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnswerMemory } from '../../../../connectors/kafka/columnar/answer-memory.js'
import { RecordBatchError } from '../../../../connectors/kafka/columnar/record-batch-error.js'
import { RecordSet } from '../../../../connectors/kafka/columnar/record-set.js'
import { compressions } from '../../../../connectors/kafka/compression.js'
import { batch, mark } from './batches.js'

/** Reads all that there is: returns the records, or throws a `RecordBatchError` and nothing else. */
function readAll(bytes: Buffer): number[] | undefined {
  try {
    const set = new RecordSet({ topic: 't', partition: 0 }, bytes, [{ producerId: 5n, firstOffset: 2 }], false, new AnswerMemory())
    const offsets: number[] = []
    for (const { records } of set.portions(0, Number.MAX_SAFE_INTEGER)) {
      for (const { offset, key, value, headers } of records) {
        offsets.push(offset)
        // What is handed over lies within what came, unless it was packed.
        expect((key?.length ?? 0) + (value?.length ?? 0) + Object.keys(headers ?? {}).length).toBeLessThan(16 * 1024 * 1024)
      }
    }
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b))
    return offsets
  } catch (error) {
    if (!(error instanceof RecordBatchError)) throw error
    return undefined
  }
}

const text = fc.option(fc.string({ maxLength: 40 }), { nil: null })
const headers = fc.array(fc.tuple(fc.string({ maxLength: 5 }), fc.string({ maxLength: 5 })), { maxLength: 3 })
const gap = fc.integer({ min: 1, max: 1000 })
const records = fc.array(fc.record({ gap, key: text, value: text, headers, late: fc.integer({ min: -1e9, max: 1e9 }) }), {
  minLength: 1,
  maxLength: 20,
})
const real = fc.record({
  records,
  compression: fc.constantFrom(...compressions),
  transactional: fc.boolean(),
  producerId: fc.integer({ min: 4, max: 6 }),
})

/** Batches one after the other, and the records in those that show. */
const setOf = fc.array(real, { minLength: 1, maxLength: 4 }).map((parts) => {
  let offset = 0
  const built = parts.map(({ records, ...rest }) => {
    const spaced = records.map(({ gap, late, ...record }) => {
      offset += gap
      return { ...record, offset, timestamp: 1_700_000_000_000 + late }
    })
    return { ...rest, records: spaced }
  })
  const shown = built.filter(({ transactional, producerId }) => !(transactional && producerId === 5)).flatMap(({ records }) => records)
  return { bytes: Buffer.concat([...built.map(batch), mark(offset + 1, 4, 'commit')]), shown }
})

describe('the record-batch decoder', () => {
  it('reads back what was written', () => {
    fc.assert(
      fc.property(setOf, ({ bytes, shown }) => {
        const set = new RecordSet({ topic: 't', partition: 0 }, bytes, [{ producerId: 5n, firstOffset: 0 }], true, new AnswerMemory())
        const read = [...set.portions(0, Number.MAX_SAFE_INTEGER)].flatMap(({ records }) => [...records])
        expect(read.map(({ offset, timestamp, key, value }) => [offset, timestamp, key && String(key), value && String(value)])).toEqual(
          shown.map(({ offset, timestamp, key, value }) => [offset, timestamp, key, value]),
        )
      }),
      { numRuns: 1000 },
    )
  })

  it('answers random bytes with records or its error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readAll(Buffer.from(bytes))),
      { numRuns: 5000 },
    )
  })

  it('answers real batches with changed bytes and a cut end with records or its error', () => {
    const corpus = fc.sample(setOf, { numRuns: 100, seed: 1 })
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 })
    fc.assert(
      fc.property(fc.constantFrom(...corpus), changes, fc.nat(3000), ({ bytes }, changes, length) => {
        const damaged = Buffer.from(bytes.subarray(0, Math.max(1, length)))
        for (const [at, byte] of changes) damaged[at % damaged.length] = byte
        readAll(damaged)
      }),
      { numRuns: 10_000 },
    )
  })

  it('takes no memory on the word of a length or a count', () => {
    const hostile = [0x7fffffff, 0xffffffff, 0x10000000]
    for (const word of hostile) {
      for (const compression of compressions) {
        const bytes = batch({ records: [{ offset: 0, value: 'x'.repeat(100) }], compression })
        for (let at = 17; at + 4 <= bytes.length; at++) {
          const damaged = Buffer.from(bytes)
          damaged.writeUInt32BE(word, at)
          const before = process.memoryUsage.rss()
          readAll(damaged)
          expect(process.memoryUsage.rss() - before).toBeLessThan(400 * 1024 * 1024)
        }
      }
    }
  })
})
