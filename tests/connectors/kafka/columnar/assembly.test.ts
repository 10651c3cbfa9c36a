import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AnswerMemory } from '../../../../connectors/kafka/columnar/answer-memory.js'
import { assembleAnswers, placeOf } from '../../../../connectors/kafka/columnar/assembly.js'

interface Fulfilled {
  readonly correlationId: number
  readonly payload: string
}

/** A connection as kafkajs builds it, with answers noted. */
async function connection() {
  const fulfilled: Fulfilled[] = []
  const login: string[] = []
  const built = {
    socket: {},
    authHandlers: null as object | null,
    requestQueue: {
      fulfillRequest: ({ correlationId, payload }: { correlationId: number; payload: Buffer }) =>
        fulfilled.push({ correlationId, payload: String(payload) }),
    },
    processData: (chunk: Buffer) => void login.push(String(chunk)),
  }
  const connectionPoolBuilder = { build: async () => ({ pool: [built] }) }
  assembleAnswers({ brokerPool: { connectionPoolBuilder } }, new AnswerMemory())
  await connectionPoolBuilder.build()
  return { built, fulfilled, login }
}

function answer(correlationId: number, payload: string): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt32BE(4 + Buffer.byteLength(payload), 0)
  head.writeInt32BE(correlationId, 4)
  return Buffer.concat([head, Buffer.from(payload)])
}

describe('the assembly of answers', () => {
  it('is the same wherever the chunks are cut, though each chunk is overwritten by the next', async () => {
    const payloads = fc.array(fc.string({ maxLength: 30 }), { minLength: 1, maxLength: 6 })
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 })
    await fc.assert(
      fc.asyncProperty(payloads, sizes, async (payloads, sizes) => {
        const { built, fulfilled } = await connection()
        const bytes = Buffer.concat(payloads.map((payload, i) => answer(i, payload)))
        const memory = Buffer.alloc(40)
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = bytes.copy(memory, 0, at, at + sizes[i % sizes.length])
          built.processData(memory.subarray(0, size))
          memory.fill(0xff)
          at += size
        }
        expect(fulfilled).toEqual(payloads.map((payload, correlationId) => ({ correlationId, payload })))
      }),
    )
  })

  it('is read into its own memory once its length is known, and into no more than that', async () => {
    const { built, fulfilled } = await connection()
    const bytes = answer(7, 'in its place')
    built.processData(bytes.subarray(0, 9))
    for (let at = 9; at < bytes.length; at += 5) {
      const place = placeOf(built.socket)
      expect(place).toHaveLength(bytes.length - at)
      const length = bytes.copy(place ?? Buffer.alloc(0), 0, at, at + 5)
      built.processData(place!.subarray(0, length))
    }
    expect(fulfilled).toEqual([{ correlationId: 7, payload: 'in its place' }])
    expect(placeOf(built.socket)).toBeUndefined()
  })

  it('forgets what came over a connection that broke', async () => {
    const { built, fulfilled } = await connection()
    built.processData(answer(1, 'lost').subarray(0, 9))
    built.socket = {}
    built.processData(answer(2, 'whole'))
    expect(fulfilled).toEqual([{ correlationId: 2, payload: 'whole' }])
  })

  it('leaves logins to kafkajs, with copies of the chunks', async () => {
    const { built, login, fulfilled } = await connection()
    built.authHandlers = {}
    built.processData(Buffer.from('challenge'))
    built.authHandlers = null
    built.processData(answer(3, 'after'))
    expect(login).toEqual(['challenge'])
    expect(fulfilled).toEqual([{ correlationId: 3, payload: 'after' }])
  })
})
