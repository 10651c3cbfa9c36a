import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { policies, withPolicies } from '../../../connectors/policies/policies.js'
import { failure } from '../../contract/sink-contract.js'
import { fault, Manual, Notes, never, Scripted } from './kit.js'

describe('policies', () => {
  it('have defaults', () => {
    expect(policies.parse({})).toEqual({
      retry: { initialDelay: 500, maxDelay: 30_000 },
      concurrency: 4,
      breaker: { failures: 5, probeAfter: 10_000 },
    })
  })

  it.each([
    [{ concurrency: 0 }, 'concurrency'],
    [{ breaker: { failures: 0 } }, 'breaker.failures'],
    [{ retry: { initialDelay: '0s' } }, 'retry.initialDelay'],
    [{ retry: { initialDelay: '1m' } }, 'retry.maxDelay'],
    [{ retry: { maxDelay: '30d' } }, 'retry.maxDelay'],
  ])('refuse %j', (options, path) => {
    const result = policies.safeParse(options)
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual([path])
  })
})

describe('a sink with its policies', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('delivers everything once through an outage, with few tries while it lasts', async () => {
    const sink = new Scripted(...Array.from({ length: 20 }, () => fault(true)))
    const notes = new Notes()
    const guarded = withPolicies(sink, policies.parse({}), notes)
    const items = Array.from({ length: 50 }, (_, i) => String(i))
    const writes = Promise.all(items.map((item) => guarded.write(item, never)))
    await vi.advanceTimersByTimeAsync(60_000)
    // Five failures open the circuit while three more writes run; after that one probe every 10 s.
    expect(sink.calls).toBeLessThanOrEqual(5 + 3 + 6)
    await vi.advanceTimersByTimeAsync(600_000)
    await writes
    expect(sink.accepted.toSorted()).toEqual(items.toSorted())
    expect(notes.circuits.at(-1)).toBe('closed')
  })

  describe('that leaves it alone for longer than giveUpAfter', () => {
    const options = policies.parse({ concurrency: 1, retry: { giveUpAfter: '5s' }, breaker: { failures: 1, probeAfter: '10s' } })

    it('delivers when the sink is back at the probe', async () => {
      const sink = new Scripted(fault(true))
      const guarded = withPolicies(sink, options, new Notes())
      const writes = Promise.all(['a', 'b', 'c'].map((item) => guarded.write(item, never)))
      await vi.advanceTimersByTimeAsync(20_000)
      await writes
      expect(sink.accepted.toSorted()).toEqual(['a', 'b', 'c'])
    })

    it('gives up when the probe fails, and says why', async () => {
      const sink = new Scripted(fault(true), fault(true))
      const guarded = withPolicies(sink, options, new Notes())
      const writes = Promise.all(['a', 'b', 'c'].map((item) => failure(guarded.write(item, never))))
      await vi.advanceTimersByTimeAsync(9999)
      expect(sink.calls).toBe(1)
      await vi.advanceTimersByTimeAsync(1)
      const messages = (await writes).map(({ message }) => message.replace(/\d tries/, 'some tries')).toSorted()
      const alone = 'sink test: left alone after 1 failures in a row and probed every 10000 ms; its last failure: '
      const end = 'sink test: server; given up after some tries in 10 s (retry.giveUpAfter)'
      expect(messages).toEqual([alone + end, alone + end, end])
      expect(sink.calls).toBe(2)
    })
  })

  it('lets others go on while one waits for its next try', async () => {
    const sink = new Manual()
    const guarded = withPolicies(sink, policies.parse({ concurrency: 1 }), new Notes())
    const writes = [guarded.write('a', never), guarded.write('b', never)]
    sink.running[0].fail(fault(true, 60_000))
    await vi.advanceTimersByTimeAsync(1)
    expect(sink.running.map(({ item }) => item)).toEqual(['b'])
    sink.running[0].accept()
    await vi.advanceTimersByTimeAsync(60_000)
    sink.running[0].accept()
    await Promise.all(writes)
  })
})
