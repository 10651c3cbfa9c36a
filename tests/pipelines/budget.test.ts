import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'
import type { Scorer } from '../../backbones/scorer.js'
import { uniforms } from '../detectors/samples.js'
import { type LifeOptions, World } from '../kit/world.js'
import { expectSameEnd } from './ends.js'
import { type Fault, inputOf, live, type Subject, untilTheEnd } from './lives.js'
import { scorerOf, smallReference } from './reference.js'

const undying: LifeOptions = { steps: Number.POSITIVE_INFINITY, losing: 0, uniform: uniforms(1) }

describe('a monitor that watches its own budget', () => {
  let scorer: Scorer
  let subject: Subject
  beforeAll(async () => {
    const reference = await smallReference()
    scorer = await scorerOf(reference)
    // 2,000 a day at a record a second: one for 43 records.
    subject = { reference, dtype: 'float64', scorer, part: 1, alerting: { falseAlarmsPerDay: 2000 }, limits: { inFlightRecords: 400 } }
  })
  afterAll(() => scorer.close())

  const input = (seed: number, each: number, faults: readonly Fault[]) =>
    inputOf({ seed, dtype: 'float64', partitions: 1, streams: 2, each, faults, broken: () => false })
  /** What was delivered, each event once. */
  const events = (world: World): AlertEvent['data'][] => world.delivered().map((bytes) => JSON.parse(String(bytes)).data)
  const told = (world: World) => events(world).filter(({ kind }) => kind === 'calibration')

  it('says nothing while the budget is held', async () => {
    const world = new World('input', input(21, 1500, []))
    await live(world, undying, subject)
    expect(events(world).some(({ transition }) => transition === 'opened')).toBe(true)
    expect(told(world)).toEqual([])
  })

  it('raises one alert when there are several times as many, ends it when they end, and survives any death with the same ids', async () => {
    const bursts = Array.from({ length: 60 }, (_, i) => ({ stream: i % 2, feature: 0, from: 100 + 4 * i, count: 1, sigma: 12 }))
    const log = input(22, 900, bursts)
    const undisturbed = new World('input', log)
    await live(undisturbed, undying, subject)
    expect(told(undisturbed)).toMatchObject([
      { transition: 'opened', reason: 'calibration_off', severity: 'info', stream: 'input[0]', evidence: { finding: 'over' } },
      { transition: 'resolved', reason: 'calibration_holds', stream: 'input[0]' },
    ])
    const uniform = uniforms(5)
    const mortal = new World('input', log)
    const lives = await untilTheEnd(mortal, subject, (life) => ({ steps: Math.ceil(uniform() * 100) + 20 * life, losing: 0.1, uniform }))
    expect(lives).toBeGreaterThan(2)
    expectSameEnd(mortal, undisturbed, subject)
  })

  it('ends its alert when limits are fixed, for then no budget can turn out to be held', async () => {
    const bursts = Array.from({ length: 60 }, (_, i) => ({ stream: i % 2, feature: 0, from: 100 + 4 * i, count: 1, sigma: 12 }))
    const [records] = input(22, 900, bursts)
    const log = [records.slice(0, 600)]
    const world = new World('input', log)
    await live(world, undying, subject)
    log[0].push(...records.slice(600))
    await live(world, undying, { ...subject, alerting: { fixedThresholds: { gaussian: 1000 } } })
    expect(told(world)).toMatchObject([{ transition: 'opened' }, { transition: 'resolved', reason: 'no_budget', severity: 'info' }])
  })
})
