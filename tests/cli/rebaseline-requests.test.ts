import { describe, expect, it } from 'vitest'
import { type Request, Requests, SETTLE } from '../../cli/rebaseline/requests.js'

const hour = 3_600_000
const request = (name: string, { sent = 0, to = 6 * hour } = {}): Request => ({
  from: 0,
  to,
  reason: name,
  said: { place: name, time: sent },
})

/** A clock that stands until someone waits: then it goes on to where the waiting ends. */
function stage(carryOut: (request: Request, signal: AbortSignal) => Promise<void> = async () => undefined) {
  const seen = { time: 0, tried: [] as [string, number][], pauses: [] as number[], failed: [] as number[] }
  const stop = new AbortController()
  let idle: () => void = () => undefined
  const requests = new Requests({
    stop: stop.signal,
    now: () => seen.time,
    pause: async (ms) => {
      seen.pauses.push(ms)
      seen.time += ms
    },
    carryOut: async (wanted, signal) => {
      seen.tried.push([wanted.reason, seen.time])
      await carryOut(wanted, signal)
      idle()
    },
    failed: (_, __, pause) => void seen.failed.push(pause),
  })
  const done = () =>
    new Promise<void>((resolve) => {
      idle = resolve
    })
  return { seen, stop, requests, done }
}

describe('rebaselines that messages ask for', () => {
  it('begin when all that was said before is known, and the records of the range are there', async () => {
    const { seen, requests, done } = stage()
    requests.ask(request('release'))
    await Promise.resolve()
    expect(seen).toMatchObject({ tried: [], pauses: [] })
    const settled = done()
    requests.begin()
    await settled
    expect(seen.tried).toEqual([['release', 6 * hour + SETTLE]])
    // In steps, for the clock may be set meanwhile.
    expect(Math.max(...seen.pauses)).toBe(hour)
  })

  it('are those of the message that was written last, in whatever order they are read', async () => {
    for (const order of [
      [1, 2],
      [2, 1],
    ]) {
      const { seen, requests, done } = stage()
      for (const sent of order) requests.ask(request(`message ${sent}`, { sent, to: hour * (3 - sent) }))
      const settled = done()
      requests.begin()
      await settled
      expect(seen.tried).toEqual([['message 2', hour + SETTLE]])
    }
  })

  it('give way to a message that comes while they are worked on: one is over before the next begins', async () => {
    const story: string[] = []
    const { requests, done } = stage(async ({ reason }, signal) => {
      story.push(`${reason} begins`)
      if (reason === 'first') {
        requests.ask(request('second', { sent: 1 }))
        expect(signal.aborted).toBe(true)
        await new Promise((next) => setImmediate(next))
      }
      story.push(`${reason} ends`)
    })
    requests.ask(request('first'))
    requests.begin()
    await done()
    await done()
    expect(story).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
  })

  it('are tried again after a fault, ever more rarely', async () => {
    let left = 8
    const { seen, requests, done } = stage(async () => {
      if (left-- > 0) throw new Error('broker away')
    })
    requests.ask(request('release'))
    requests.begin()
    await done()
    expect(seen.failed.map((ms) => ms / 60_000)).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
    expect(seen.tried).toHaveLength(9)
  })

  it('end with the process, without another try', async () => {
    const { seen, stop, requests } = stage(async (_, signal) => {
      stop.abort()
      expect(signal.aborted).toBe(true)
      throw new Error('ended')
    })
    requests.ask(request('release'))
    requests.begin()
    await new Promise((next) => setImmediate(next))
    expect(seen).toMatchObject({ tried: [['release', 6 * hour + SETTLE]], failed: [] })
    requests.ask(request('later', { sent: 1 }))
    await new Promise((next) => setImmediate(next))
    expect(seen.tried).toHaveLength(1)
  })
})
