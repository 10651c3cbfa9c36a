import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Scorer } from '../../backbones/scorer.js'
import type { Page } from '../../connectors/pager.js'
import { turn } from '../../pipelines/turn.js'
import { Receiver, sceneOf } from '../connectors/paging/stories.js'
import { uniforms } from '../detectors/samples.js'
import { expectSameEvents } from '../kit/events.js'
import { World } from '../kit/world.js'
import { inputOf, live, type Subject, untilTheEnd } from './lives.js'
import { scorerOf, smallReference } from './reference.js'

const [partitions, each, streams] = [4, 30, 125]
const faults = Array.from({ length: partitions * streams }, (_, stream) => ({ stream, feature: 0, from: 8, count: 4, sigma: 30 }))
const log = inputOf({ seed: 5, dtype: 'float64', partitions, streams, each, faults, broken: () => false })
/** All that is read may wait for its page at the same time. */
const limits = { inFlightRecords: 100_000, inFlightBytes: 1e9, streams: 1000 }

describe('500 streams of several partitions that fail together', () => {
  let scorer: Scorer
  let subject: Subject
  beforeAll(async () => {
    const reference = await smallReference()
    scorer = await scorerOf(reference)
    subject = { reference, dtype: 'float64', scorer, limits, alerting: { updateEvery: 1e9 } }
  })
  afterAll(() => scorer.close())
  afterEach(() => {
    vi.useRealTimers()
  })

  const processOf = (receiver: Receiver, wait: string) => () => {
    const { notifier } = sceneOf({ route: { severity: 'error', match: { kind: 'record' } }, grouping: { wait } }, receiver)
    return [notifier]
  }
  const named = ({ events }: Page) => new Set(events.map(({ data }) => data.stream))

  it('are one page with the list, and one end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const receiver = new Receiver()
    const world = new World('input', log)
    const life = { steps: Number.POSITIVE_INFINITY, uniform: uniforms(1), losing: 0 }
    const run = live(world, life, { ...subject, sinks: processOf(receiver, '5m') })
    const opened = () => new Set(world.events.filter(({ data }) => data.kind === 'record').map(({ data }) => data.stream)).size
    while (opened() < 500) await turn()
    expect(receiver.pages).toEqual([])
    await vi.advanceTimersByTimeAsync(300_000)
    await run
    expect(receiver.pages.map(({ transition }) => transition)).toEqual(['opened', 'resolved'])
    expect(receiver.pages.map((page) => named(page).size)).toEqual([500, 500])
    expect([...world.committed.values()]).toEqual(log.map((records) => records.length))
  })

  it('are all told of, and all ended, when the process dies in the middle', async () => {
    const receiver = new Receiver()
    const undisturbed = new World('input', log)
    await live(undisturbed, { steps: Number.POSITIVE_INFINITY, uniform: uniforms(1), losing: 0 }, subject)
    const world = new World('input', log)
    const uniform = uniforms(7)
    const sinks = processOf(receiver, '100ms')
    const lives = await untilTheEnd(world, { ...subject, sinks }, (life) => ({
      steps: life < 6 ? Math.ceil(4000 * uniform()) : Number.POSITIVE_INFINITY,
      uniform,
      losing: 0.02,
    }))
    expect(lives).toBe(6)
    expectSameEvents(world.delivered(), undisturbed.delivered())
    expect(new Set(receiver.pages.flatMap((page) => [...named(page)])).size).toBe(500)
    expect([...receiver.open]).toEqual([])
  })
})
