import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Channel } from '../../../connectors/kafka/channel.js'

const reader = (channel: Channel<string, number>) => channel[Symbol.asyncIterator]()

describe('Channel', () => {
  it('holds an offer back until the reader asks', async () => {
    const channel = new Channel<string, number>()
    let taken: boolean | undefined
    const offer = channel.offer(1).then((result) => {
      taken = result
    })
    await Promise.resolve()
    expect(taken).toBeUndefined()
    expect(await reader(channel).next()).toEqual({ done: false, value: 1 })
    await offer
    expect(taken).toBe(true)
  })

  it('gives a waiting reader the next event at once', async () => {
    const channel = new Channel<string, number>()
    const next = reader(channel).next()
    expect(await channel.offer(7)).toBe(true)
    expect((await next).value).toBe(7)
  })

  it('lets signals overtake offers', async () => {
    const channel = new Channel<string, number>()
    const offer = channel.offer(1)
    channel.signal('first')
    channel.signal('second')
    const events = reader(channel)
    expect([(await events.next()).value, (await events.next()).value, (await events.next()).value]).toEqual(['first', 'second', 1])
    expect(await offer).toBe(true)
  })

  it('takes back the offers that match, and only those', async () => {
    const channel = new Channel<string, number>()
    const offers = [1, 2, 3].map((item) => channel.offer(item))
    channel.withdraw((item) => item !== 2)
    expect((await reader(channel).next()).value).toBe(2)
    expect(await Promise.all(offers)).toEqual([false, true, false])
  })

  it('delivers waiting signals, then the end', async () => {
    const channel = new Channel<string, number>()
    const offer = channel.offer(1)
    channel.signal('last')
    channel.end()
    const events = reader(channel)
    expect(await offer).toBe(false)
    expect(await channel.offer(2)).toBe(false)
    expect((await events.next()).value).toBe('last')
    expect((await events.next()).done).toBe(true)
  })

  it('throws the error of the end once, to a reader that waits as to one that comes later', async () => {
    for (const waits of [true, false]) {
      const channel = new Channel<string, number>()
      const events = reader(channel)
      const early = waits ? events.next() : undefined
      channel.end(new Error('broken'))
      await expect(early ?? events.next()).rejects.toThrow('broken')
      expect((await events.next()).done).toBe(true)
    }
  })

  it('ends a reader that waits when it is closed, and drops what waits', async () => {
    const channel = new Channel<string, number>()
    const next = reader(channel).next()
    channel.close()
    expect((await next).done).toBe(true)
    const other = new Channel<string, number>()
    other.signal('unread')
    other.close()
    expect((await reader(other).next()).done).toBe(true)
  })

  it('goes on after a reader left its loop', async () => {
    const channel = new Channel<string, number>()
    void channel.offer(1)
    void channel.offer(2)
    for await (const _ of channel) break
    expect((await reader(channel).next()).value).toBe(2)
  })

  it('hands over every offer once, in the order of each producer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 5 }), async (counts) => {
        const channel = new Channel<string, [number, number]>()
        const produce = async (producer: number, count: number) => {
          for (let i = 0; i < count; i++) expect(await channel.offer([producer, i])).toBe(true)
        }
        const produced = Promise.all(counts.map((count, producer) => produce(producer, count))).then(() => channel.end())
        const seen: number[][] = counts.map(() => [])
        for await (const event of channel) if (typeof event !== 'string') seen[event[0]].push(event[1])
        await produced
        expect(seen).toEqual(counts.map((count) => Array.from({ length: count }, (_, i) => i)))
      }),
    )
  })
})
