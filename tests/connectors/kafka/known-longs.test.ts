import fc from 'fast-check'
import Long from 'kafkajs/src/utils/long.js'
import { expect, it } from 'vitest'
import { rememberLongs } from '../../../connectors/kafka/known-longs.js'

it('reads every text as kafkajs does, in whatever order texts repeat, however often the mend is applied', () => {
  rememberLongs()
  const mended = Long.fromString
  rememberLongs()
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
