import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { limit } from '../../../connectors/policies/limit.js'
import { failure } from '../../contract/sink-contract.js'
import { fault, Manual, never } from './kit.js'

const turn = () => new Promise(setImmediate)

describe('limit', () => {
  it('never runs more writes than allowed, starts them in order and finishes each as its own', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.boolean(), { maxLength: 20 }),
        fc.nat(),
        async (most, succeed, choice) => {
          const sink = new Manual()
          const limited = limit(sink, most)
          const started: string[] = []
          const results = succeed.map((ok, i) =>
            limited.write(String(i), never).then(
              () => ok,
              (error: Error) => !ok && error.message === `sink test: ${i}`,
            ),
          )
          while (started.length < succeed.length || sink.running.length > 0) {
            await turn()
            for (const { item } of sink.running) if (!started.includes(item)) started.push(item)
            const next = sink.running[choice % Math.max(1, sink.running.length)]
            if (next !== undefined) {
              if (succeed[Number(next.item)]) next.accept()
              else next.fail(new Error(`sink test: ${next.item}`))
            }
          }
          expect(await Promise.all(results)).toEqual(succeed.map(() => true))
          expect(sink.most).toBeLessThanOrEqual(most)
          expect(started).toEqual(succeed.map((_, i) => String(i)))
        },
      ),
      { numRuns: 50 },
    )
  })

  it('never starts a write that was stopped while it waited', async () => {
    const sink = new Manual()
    const limited = limit(sink, 1)
    const first = limited.write('a', never)
    const stop = new AbortController()
    const second = failure(limited.write('b', stop.signal))
    stop.abort()
    sink.running[0].fail(fault(true))
    expect((await failure(first)).reason).toBe('server')
    expect(await second).toMatchObject({ reason: 'closed', recoverable: true })
    expect(sink.running).toEqual([])
  })
})
