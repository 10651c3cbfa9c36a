import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Crew } from '../../backbones/crew.js'
import { NotEmbedded } from '../../backbones/embedder.js'
import type { Turns } from '../../backbones/turns.js'
import { hungThreads, WorkerThread } from '../../backbones/worker-thread.js'
import { type FitfulSetup, type FitfulTask, type Gate, newGate, open } from './fitful.js'

const LIMIT = 60_000
const script = new URL('fitful-worker.js', import.meta.url)
const start = (turns?: Turns) => {
  const setup: FitfulSetup = turns === undefined ? {} : { turns }
  return WorkerThread.start<FitfulTask, string>({ name: 'fitful worker', script, setup, timeout: LIMIT, ...setup })
}
const newTurns = (): Turns => new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))

const patiently = { timeout: 60_000, interval: 1 }
/** So many threads have begun to hang; then as much time goes by as a task may take. */
async function hangs(gate: Gate, count: number): Promise<void> {
  await vi.waitUntil(() => Atomics.load(gate, 0) === count, patiently)
  vi.advanceTimersByTime(LIMIT)
}

let gates: Gate[]
const gated = (): Gate => {
  const gate = newGate()
  gates.push(gate)
  return gate
}
beforeEach(() => {
  gates = []
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(async () => {
  for (const gate of gates) open(gate)
  await vi.waitUntil(() => hungThreads() === 0, patiently)
  vi.useRealTimers()
})

describe('a worker thread', () => {
  it('answers in order, and what it says when it fails; then it ends itself', async () => {
    const thread = await start()
    expect(await Promise.all(['a', 'b'].map((word) => thread.do({ kind: 'echo', word })))).toEqual(['a', 'b'])
    await expect(thread.do({ kind: 'fail', word: 'c' })).rejects.toThrow('failed at c')
    expect(thread.fault).toBe('failed at c')
    await thread.close()
  })

  it('that hangs is given up, with all that waits behind; should it come back, it ends itself', async () => {
    const [thread, gate] = [await start(), gated()]
    const under = Promise.allSettled([thread.do({ kind: 'hang', gate }), thread.do({ kind: 'echo' })])
    await hangs(gate, 1)
    const reason = { message: 'the fitful worker hangs: no answer for 60 s' }
    expect(await under).toMatchObject([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ])
    expect(hungThreads()).toBe(1)
    // Nobody waits for it.
    await thread.close()
    open(gate)
    await vi.waitUntil(() => hungThreads() === 0, patiently)
  })

  it('has as much time for each task', async () => {
    const thread = await start()
    const slow = [gated(), gated()]
    const under = slow.map((gate, i) => thread.do({ kind: 'hang', gate, word: `slow ${i}` }))
    for (const [i, gate] of slow.entries()) {
      await vi.waitUntil(() => Atomics.load(gate, 0) === 1, patiently)
      vi.advanceTimersByTime(0.6 * LIMIT)
      open(gate)
      expect(await under[i]).toBe(`slow ${i}`)
    }
    // None while it has nothing to do.
    vi.advanceTimersByTime(2 * LIMIT)
    expect(await thread.do({ kind: 'echo', word: 'still here' })).toBe('still here')
    await thread.close()
  })

  it('that dies in its turn at the device leaves it to the others', async () => {
    const turns = newTurns()
    const [dying, other] = [await start(turns), await start(turns)]
    await expect(dying.do({ kind: 'exit' })).rejects.toThrow('the fitful worker exited with code 3')
    expect(await other.do({ kind: 'echo', word: 'my turn' })).toBe('my turn')
    await other.close()
  })

  it('cannot be replaced while it hangs in its turn', async () => {
    const [turns, gate] = [newTurns(), gated()]
    const thread = await start(turns)
    const under = thread.do({ kind: 'hang', gate }).catch(String)
    await hangs(gate, 1)
    expect(await under).toMatch(/hangs/)
    await expect(start(turns)).rejects.toThrow(
      'a thread that hangs is in WebGPU, which a process has once; only a new process is rid of it',
    )
    open(gate)
    await vi.waitUntil(() => hungThreads() === 0, patiently)
    const next = await start(turns)
    expect(await next.do({ kind: 'echo', word: 'my turn' })).toBe('my turn')
    await next.close()
  })

  it('is not started where three hang', async () => {
    const gate = gated()
    const threads = await Promise.all([1, 2, 3].map(() => start()))
    const under = threads.map((thread) => thread.do({ kind: 'hang', gate }).catch(String))
    await hangs(gate, 3)
    await Promise.all(under)
    await expect(start()).rejects.toThrow('3 threads of this process hang in the driver or the model; only a new process is rid of them')
  })
})

describe('a crew', () => {
  it('gives up a task of which two threads hang, and nothing that waits behind it', async () => {
    const told: string[] = []
    const crew = await Crew.of(
      'network',
      1,
      () => start(),
      (message) => told.push(message),
    )
    const gate = gated()
    const tasks: FitfulTask[] = [
      { kind: 'echo', word: 'before' },
      { kind: 'hang', gate },
      { kind: 'echo', word: 'behind' },
    ]
    const under = Promise.allSettled(tasks.map((task) => crew.do(task)))
    await hangs(gate, 1)
    await hangs(gate, 2)
    const [before, hanging, behind] = await under
    expect([before, behind]).toEqual(['before', 'behind'].map((value) => ({ status: 'fulfilled', value })))
    expect(hanging).toMatchObject({ reason: { message: 'the network failed twice: the fitful worker hangs: no answer for 60 s' } })
    expect(hanging.status === 'rejected' && hanging.reason).toBeInstanceOf(NotEmbedded)
    expect(told).toHaveLength(2)
    expect(await crew.do({ kind: 'echo', word: 'after' })).toBe('after')
    await crew.close()
  })

  it('takes up no task where too many threads hang, and says why', async () => {
    const crew = await Crew.of('network', 1, () => start())
    const gate = gated()
    const under = Promise.allSettled([crew.do({ kind: 'hang', gate }), crew.do({ kind: 'hang', gate })])
    for (const count of [1, 2, 3]) await hangs(gate, count)
    expect((await under).map((one) => one.status === 'rejected' && String(one.reason))).toEqual([
      expect.stringContaining('failed twice'),
      'Error: a network has died (the fitful worker hangs: no answer for 60 s) and cannot be started again: ' +
        '3 threads of this process hang in the driver or the model; only a new process is rid of them',
    ])
    await crew.close()
  })
})
