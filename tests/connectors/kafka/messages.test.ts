import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inChunks } from '../../../connectors/kafka/messages.js'

describe('chunks of messages', () => {
  it('keep all messages in order, and stay below 512 KiB unless one message alone is larger', () => {
    const lengths = fc.array(fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: 700_000 })), { maxLength: 60 })
    fc.assert(
      fc.property(lengths, (lengths) => {
        const messages = lengths.map((length, i) => ({ key: String(i), value: Buffer.alloc(length), headers: { name: 'text' } }))
        const chunks = [...inChunks(messages)]
        expect(chunks.flat()).toEqual(messages)
        for (const chunk of chunks) {
          const bytes = chunk.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
          expect(chunk.length).toBeGreaterThan(0)
          expect(bytes <= 512 * 1024 || chunk.length === 1).toBe(true)
        }
      }),
    )
  })

  it('count what small messages need beside their payload', () => {
    const chunks = [...inChunks(Array.from({ length: 20_000 }, () => ({ key: 'k', value: 'v' })))]
    expect(chunks.length).toBeGreaterThan(2)
  })
})
