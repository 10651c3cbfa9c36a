import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { RawRecord } from '../../connectors/records.js'
import type { MonitorSettings } from '../../pipelines/assemble.js'
import { assembleOwnPast, type OwnPastSettings } from '../../pipelines/assemble-own-past.js'
import { runMonitor } from '../../pipelines/run.js'
import { uniforms } from '../detectors/samples.js'
import { expectSameEvents, expectWholeStories } from '../kit/events.js'
import { Crash, Life, type LifeOptions, World } from '../kit/world.js'
import { states } from './ends.js'
import { codecOf, inputOf, unobserved } from './lives.js'

const EACH = 240
const own: OwnPastSettings = {
  features: ['f0', 'f1', 'f2'],
  probation: 130,
  capacity: 60,
  level: 1.6,
  refractory: 40_000,
  rowsPerDay: 3 * 86_400,
  record: { k: 1, n: 1, gap: 3 },
}
const settings: MonitorSettings = {
  name: 'watch',
  version: 'c1',
  alerting: { falseAlarmsPerDay: 20_000, feedback: false, relativeClearing: true, updateEvery: 2000 },
  limits: { inFlightRecords: 120, inFlightBytes: 1e6, streams: 2, knownStreams: 100, forgetAfter: 1e12 },
}
const never = new AbortController().signal
const none = () => undefined

/** One process from its start to its end; rejects with `Crash` where it died. Two of three streams fit on the heap. */
async function live(world: World, options: LifeOptions, of = own): Promise<void> {
  const { required, ...connections } = new Life(world, options).connections()
  const components = { codec: codecOf('float64'), required, ...connections }
  const parts = assembleOwnPast(settings, of, components, unobserved, { stop: never, giveUp: never })
  let time = 0
  const checkpoint = { ...parts.checkpoint, every: 1500, streams: 1, now: () => (time += 300) }
  await runMonitor({ parts: { ...parts, checkpoint }, sinks: required, deadLetters: components.deadLetters, connected: none })
}

async function untilTheEnd(world: World, next: (life: number) => LifeOptions): Promise<void> {
  for (let life = 1; ; life++) {
    const died = await live(world, next(life)).then(
      () => false,
      (error) => {
        if (!(error instanceof Crash)) throw error
        return true
      },
    )
    if (!died) return
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const undying = (seed: number): LifeOptions => ({ steps: Number.POSITIVE_INFINITY, losing: 0, uniform: uniforms(seed) })

const log: RawRecord[][] = inputOf({
  seed: 5,
  dtype: 'float64',
  partitions: 1,
  streams: 3,
  each: EACH,
  faults: [
    { stream: 0, feature: 1, from: 180, count: 3, sigma: 20 },
    { stream: 1, feature: 2, from: 170, count: 3, sigma: -15 },
    { stream: 1, feature: 2, from: 200, count: 3, sigma: -15 },
    { stream: 2, feature: 0, from: 235, count: 5, sigma: 25 },
  ],
  broken: (_, offset) => offset < 120 && offset % 2 === 1,
})

describe('a monitor without a reference', () => {
  const undisturbed = new World('input', log)
  beforeAll(() => live(undisturbed, undying(1)))
  const opened = () => undisturbed.events.filter(({ data }) => data.kind === 'record' && data.transition === 'opened')

  it('says nothing in the probation, then names the feature, its value and what it was compared with', () => {
    expectWholeStories(undisturbed.delivered())
    const found = (stream: string) => opened().filter(({ data }) => data.stream === stream)
    expect(Math.min(...opened().map(({ data }) => Math.floor(data.origin.offset / 3)))).toBeGreaterThanOrEqual(own.probation)
    const first = found('s0').find(({ data }) => data.origin.offset >= 3 * 180)!
    expect(first.data.origin.offset).toBeLessThanOrEqual(3 * 182)
    expect(first.data.contributions.map(({ feature }) => feature)).toEqual(['f1'])
    expect(first.data.contributions[0].value).toBeGreaterThan(20)
    expect(first.data).toMatchObject({
      detectors: ['past'],
      evidence: { effect: expect.any(Number), ownPast: { records: expect.any(Number), moments: 60, view: expect.any(String) } },
    })
    expect(first.data.summary).toMatch(/f1 .* is unlike anything in this stream's last \d+ records \(its .*; nearest 2026-/)
    expect(found('s2').some(({ data }) => data.origin.offset >= 3 * 235)).toBe(true)
    expect(undisturbed.events.some(({ data }) => data.kind === 'feed')).toBe(true)
  })

  it('opens no second alert of a stream within the refractory time, unless it is far stronger', () => {
    // The same fault comes again 30 s later.
    expect(opened().filter(({ data }) => data.stream === 's1' && data.origin.offset >= 3 * 170)).toHaveLength(1)
  })

  it('says the same and leaves the same state whatever the cuts of the batches, and however often it dies', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 250, max: 600 }), async (seed, longest) => {
        const world = new World('input', log)
        const uniform = uniforms(seed)
        await untilTheEnd(world, (life) => ({ steps: Math.ceil(uniform() * longest) + 40 * life, losing: 0.1, uniform }))
        expectSameEvents(world.delivered(), undisturbed.delivered())
        expect([...world.committed]).toEqual([[0, log[0].length]])
        expect(states(world)).toEqual(states(undisturbed))
      }),
      { numRuns: 2 },
    )
  })

  it('begins a new probation when its settings change, and keeps its alerts', async () => {
    const world = new World('input', [log[0].slice(0, 3 * 190)])
    await live(world, undying(1))
    const before = world.events.length
    const longer = new World('input', log)
    for (const [partition, stored] of world.streams) longer.streams.set(partition, stored)
    longer.markers.set(0, 3 * 190)
    longer.committed.set(0, 3 * 190)
    await live(longer, undying(2), { ...own, capacity: 50 })
    expect(before).toBeGreaterThan(0)
    expect(longer.events.filter(({ data }) => data.kind === 'record' && data.transition === 'opened')).toEqual([])
  })
})
