import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { breaker } from '../../../connectors/policies/breaker.js'
import { failure } from '../../contract/sink-contract.js'
import { fault, Manual, Notes, never, Scripted } from './kit.js'

const options = { failures: 3, probeAfter: 10_000 }
const turn = () => vi.advanceTimersByTimeAsync(0)

describe('breaker', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  /** A breaker that three failures have opened. */
  const opened = async () => {
    const sink = new Scripted(fault(true), fault(true), fault(true))
    const notes = new Notes()
    const guarded = breaker(sink, options, notes)
    for (let i = 0; i < 3; i++) expect((await failure(guarded.write('a', never))).reason).toBe('server')
    return { sink, notes, guarded }
  }

  it('opens after consecutive failures and then leaves the sink alone', async () => {
    const { sink, notes, guarded } = await opened()
    await vi.advanceTimersByTimeAsync(4000)
    expect(await failure(guarded.write('b', never))).toMatchObject({ reason: 'circuit_open', recoverable: true, retryAfterMs: 6000 })
    expect(sink.calls).toBe(3)
    expect(notes.circuits).toEqual(['open'])
  })

  it('counts consecutive failures only', async () => {
    const sink = new Scripted(fault(true), fault(true))
    const guarded = breaker(sink, options, new Notes())
    for (let i = 0; i < 2; i++) await failure(guarded.write('a', never))
    await guarded.write('b', never)
    sink.outcomes.push(fault(true), fault(true))
    for (let i = 0; i < 2; i++) await failure(guarded.write('c', never))
    await guarded.write('d', never)
    expect(sink.accepted).toEqual(['b', 'd'])
  })

  it('does not count permanent errors, nor writes that were stopped', async () => {
    const errors = [fault(false), fault(true, undefined, 'closed')]
    const sink = new Scripted(...Array.from({ length: 10 }, (_, i) => errors[i % 2]))
    const guarded = breaker(sink, options, new Notes())
    for (let i = 0; i < 10; i++) await failure(guarded.write('a', never))
    expect(sink.calls).toBe(10)
  })

  it('closes when the probe is accepted', async () => {
    const { sink, notes, guarded } = await opened()
    await vi.advanceTimersByTimeAsync(10_000)
    await guarded.write('b', never)
    await guarded.write('c', never)
    expect(sink.accepted).toEqual(['b', 'c'])
    expect(notes.circuits).toEqual(['open', 'closed'])
  })

  it('opens again for the whole time when the probe fails', async () => {
    const { sink, notes, guarded } = await opened()
    await vi.advanceTimersByTimeAsync(10_000)
    sink.outcomes.push(fault(true))
    expect((await failure(guarded.write('b', never))).reason).toBe('server')
    expect(await failure(guarded.write('b', never))).toMatchObject({ reason: 'circuit_open', retryAfterMs: 10_000 })
    expect(notes.circuits).toEqual(['open', 'open'])
  })

  it('lets one write probe while the others wait for its outcome', async () => {
    const sink = new Manual()
    const guarded = breaker(sink, options, new Notes())
    for (let i = 0; i < 3; i++) {
      const failed = failure(guarded.write('a', never))
      sink.running[0].fail(fault(true))
      await failed
    }
    await vi.advanceTimersByTimeAsync(10_000)
    const writes = ['b', 'c', 'd'].map((item) => guarded.write(item, never))
    await turn()
    expect(sink.running.map(({ item }) => item)).toEqual(['b'])
    sink.running[0].accept()
    await turn()
    expect(sink.running.map(({ item }) => item)).toEqual(['c', 'd'])
    for (const { accept } of [...sink.running]) accept()
    await Promise.all(writes)
  })
})
