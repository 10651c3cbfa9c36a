import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type RetryClock, retry } from '../../../connectors/policies/retry.js'
import { SinkError } from '../../../connectors/sink.js'
import { failure } from '../../contract/sink-contract.js'
import { fault, Notes, never, Scripted } from './kit.js'

const options = { initialDelay: 100, maxDelay: 5000 }

/** Time that passes only by sleeping. */
class Virtual implements RetryClock {
  time = 0
  readonly slept: number[] = []
  constructor(readonly random: () => number = () => 0.5) {}
  now = () => this.time
  async sleep(ms: number) {
    this.slept.push(ms)
    this.time += ms
  }
}

describe('retry', () => {
  it('passes name, connect and close on and tries connect once', async () => {
    const sink = new Scripted()
    const wrapped = retry(sink, options, new Notes())
    expect(wrapped.name).toBe('test')
    await wrapped.connect()
    await wrapped.close()
    expect(sink).toMatchObject({ connected: 1, closed: 1 })
  })

  it('doubles its delays up to the longest one', async () => {
    const clock = new Virtual(() => 0)
    const sink = new Scripted(...Array.from({ length: 8 }, () => fault(true)))
    await retry(sink, options, new Notes(), clock).write('a', never)
    expect(clock.slept).toEqual([50, 100, 200, 400, 800, 1600, 2500, 2500])
  })

  it('waits as long as the receiver asked, but not for ever', async () => {
    const clock = new Virtual()
    const sink = new Scripted(fault(true, 60_000), fault(true, 1), fault(true, 1e12), fault(true, Number.POSITIVE_INFINITY))
    await retry(sink, options, new Notes(), clock).write('a', never)
    expect(clock.slept).toEqual([60_000, 150, 3_600_000, 3_600_000])
  })

  it('tells its observer of every failure and success, and when the next one comes', async () => {
    const notes = new Notes()
    const sink = new Scripted(fault(true), fault(false))
    await failure(retry(sink, options, notes, new Virtual()).write('a', never))
    expect(sink.calls).toBe(2)
    expect(notes.failures).toEqual([
      ['server', 75],
      ['client', undefined],
    ])
    expect(notes.successes).toBe(0)
    await retry(sink, options, notes, new Virtual()).write('b', never)
    expect(notes.successes).toBe(1)
    expect(sink.calls).toBe(3)
  })

  it('gives up when its time is over and says after how many tries', async () => {
    const notes = new Notes()
    const clock = new Virtual(() => 0)
    const sink = new Scripted(...Array.from({ length: 100 }, () => fault(true, undefined, 'timeout')))
    const error = await failure(retry(sink, { ...options, giveUpAfter: 1000 }, notes, clock).write('a', never))
    expect(error).toMatchObject({ reason: 'timeout', recoverable: true })
    expect(error.message).toBe('sink test: timeout; given up after 6 tries in 1 s (retry.giveUpAfter)')
    expect(clock.slept).toEqual([50, 100, 200, 400, 250])
    expect(notes.failures.at(-1)).toEqual(['timeout', undefined])
  })

  it('gives up at once when the receiver asks for a longer wait than there is time', async () => {
    const clock = new Virtual()
    const sink = new Scripted(fault(true, 900), fault(true, 101))
    expect(await failure(retry(sink, { ...options, giveUpAfter: 1000 }, new Notes(), clock).write('a', never))).toBeInstanceOf(SinkError)
    expect(clock.slept).toEqual([900])
  })

  it.each([
    ['is accepted', []],
    ['fails', [fault(true)]],
    ['was another one, which failed', [fault(true, 5000, 'circuit_open')]],
  ])('waits for the probe of an open circuit beyond its time; the probe %s', async (_, probe) => {
    const clock = new Virtual()
    const sink = new Scripted(fault(true, 5000, 'circuit_open'), ...probe)
    const write = retry(sink, { ...options, giveUpAfter: 1000 }, new Notes(), clock).write('a', never)
    if (probe.length === 0) await write
    else expect((await failure(write)).message).toContain('given up after 2 tries in 5 s')
    expect(clock.slept).toEqual([5000])
  })

  it('never gives up before its time, whatever the delays, while the receiver asks for none', async () => {
    const delays = fc.record({ initialDelay: fc.integer({ min: 1, max: 1e4 }), maxDelay: fc.integer({ min: 1e4, max: 1e5 }) })
    await fc.assert(
      fc.asyncProperty(delays, fc.integer({ min: 1, max: 1e6 }), async (delays, giveUpAfter) => {
        const clock = new Virtual()
        const down = { name: 'test', connect: async () => {}, write: () => Promise.reject(fault(true)), close: async () => {} }
        await failure(retry(down, { ...delays, giveUpAfter }, new Notes(), clock).write('a', never))
        expect(clock.time).toBeCloseTo(giveUpAfter, 6)
      }),
    )
  })

  it('passes what is no SinkError on: it is a defect, not a fault of the receiver', async () => {
    const sink = new Scripted(new TypeError('bug'))
    await expect(retry(sink, options, new Notes(), new Virtual()).write('a', never)).rejects.toThrow('bug')
    expect(sink.calls).toBe(1)
  })

  it('ends as the first outcome that is not recoverable, and never loses, repeats or hastens a write', async () => {
    const outcome = fc.oneof(
      { weight: 5, arbitrary: fc.record({ recoverable: fc.constant(true), wish: fc.option(fc.nat(100_000), { nil: undefined }) }) },
      { weight: 1, arbitrary: fc.record({ recoverable: fc.constant(false), wish: fc.constant(undefined) }) },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(outcome, { maxLength: 20 }),
        fc.float({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        async (outcomes, random) => {
          const clock = new Virtual(() => random)
          const sink = new Scripted(...outcomes.map(({ recoverable, wish }) => fault(recoverable, wish)))
          const permanent = outcomes.findIndex(({ recoverable }) => !recoverable)
          const write = retry(sink, options, new Notes(), clock).write('a', never)
          if (permanent === -1) await write
          else await failure(write)

          const failures = permanent === -1 ? outcomes.length : permanent
          expect(sink.calls).toBe(failures + 1)
          expect(sink.accepted).toEqual(permanent === -1 ? ['a'] : [])
          expect(clock.slept).toHaveLength(failures)
          clock.slept.forEach((delay, i) => {
            const wish = outcomes[i].wish ?? 0
            const bound = Math.min(options.maxDelay, options.initialDelay * 2 ** i)
            expect(delay).toBeGreaterThanOrEqual(Math.max(wish, bound / 2))
            expect(delay).toBeLessThanOrEqual(Math.max(wish, bound))
          })
        },
      ),
    )
  })
})

describe('retry on the real clock', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('waits before it tries again', async () => {
    const sink = new Scripted(fault(true, 60_000))
    const write = retry(sink, options, new Notes()).write('a', never)
    await vi.advanceTimersByTimeAsync(59_999)
    expect(sink.calls).toBe(1)
    await vi.advanceTimersByTimeAsync(1)
    await write
    expect(sink.calls).toBe(2)
  })

  it('does not try early when a timer fires early', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const stop = new AbortController()
    const sink = new Scripted(fault(true, 60_000))
    const error = failure(retry(sink, options, new Notes()).write('a', stop.signal))
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sink.calls).toBe(1)
    expect(vi.getTimerCount()).toBe(1)
    stop.abort()
    await error
    expect(vi.getTimerCount()).toBe(0)
  })

  it('stops waiting when its signal is aborted and leaves no timer behind', async () => {
    const stop = new AbortController()
    const sink = new Scripted(fault(true, 60_000))
    const error = failure(retry(sink, options, new Notes()).write('a', stop.signal))
    await vi.advanceTimersByTimeAsync(10)
    stop.abort()
    expect(await error).toMatchObject({ reason: 'closed', recoverable: true })
    expect(sink.calls).toBe(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('tries nothing under a signal that is aborted already', async () => {
    const sink = new Scripted()
    await failure(retry(sink, options, new Notes()).write('a', AbortSignal.abort()))
    expect(sink.calls).toBe(0)
  })
})
