import fc from 'fast-check'
import Decoder from 'kafkajs/src/protocol/decoder.js'
import Long from 'kafkajs/src/utils/long.js'
import { expect, it } from 'vitest'
import { quickenLongs } from '../../../connectors/kafka/quick-longs.js'

it('reads every text as kafkajs does, in whatever order texts repeat, however often the mend is applied', () => {
  quickenLongs()
  const mended = Long.fromString
  quickenLongs()
  expect(Long.fromString).toBe(mended)
  const text = fc.oneof(
    fc.constantFrom('0', '-1', '7', '1700000000000', '9223372036854775807'),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
  )
  fc.assert(
    fc.property(fc.array(text, { maxLength: 30 }), (texts) => {
      for (const text of texts) expect(Long.fromValue(text).add(1).value).toBe(BigInt(text) + 1n)
    }),
  )
})

/** As Kafka writes a varlong: zigzag, seven bits in a byte, the lowest first. */
function varlong(value: bigint): number[] {
  const bytes: number[] = []
  let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  for (; left >= 0x80n; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80)
  return [...bytes, Number(left)]
}

it('reads every length of number, and what follows', () => {
  quickenLongs()
  const long = fc.oneof(fc.integer({ min: -100, max: 100 }).map(BigInt), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }))
  fc.assert(
    fc.property(fc.array(long, { minLength: 1, maxLength: 20 }), (longs) => {
      const bytes = Buffer.from(longs.flatMap(varlong))
      const decoder = new Decoder(bytes)
      expect(longs.map(() => decoder.readVarLong().value)).toEqual(longs)
      expect(decoder.offset).toBe(bytes.length)
    }),
  )
})
