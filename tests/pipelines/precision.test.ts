import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'
import type { Scorer } from '../../backbones/scorer.js'
import { precisionPolicy } from '../../pipelines/precision.js'
import type { Reference } from '../../references/reference.js'
import { uniforms } from '../detectors/samples.js'
import { type LifeOptions, World } from '../kit/world.js'
import { expectSameEnd } from './ends.js'
import { inputOf, live, type Subject, untilTheEnd } from './lives.js'
import { scorerOf, smallReference } from './reference.js'

const undying: LifeOptions = { steps: Number.POSITIVE_INFINITY, losing: 0, uniform: uniforms(1) }

describe('a monitor whose alerts lower the limit', () => {
  let reference: Reference
  let scorer: Scorer
  beforeAll(async () => {
    reference = await smallReference()
    scorer = await scorerOf(reference)
  })
  afterAll(() => scorer.close())

  const subject = (precision?: number): Subject => ({
    reference,
    dtype: 'float64',
    scorer,
    part: 1,
    alerting: { falseAlarmsPerDay: 2, precision, feedback: false },
    limits: { inFlightRecords: 400 },
  })
  /** Plain faults on one stream, from 90 on, beside small ones on the others from 100 on. */
  const faults = [
    { stream: 0, feature: 0, from: 90, count: 4, sigma: 14 },
    ...Array.from({ length: 5 }, (_, i) => ({ stream: i + 1, feature: 0, from: 100, count: 3, sigma: 4.5 })),
  ]
  const log = () => inputOf({ seed: 31, dtype: 'float64', partitions: 1, streams: 6, each: 150, faults, broken: () => false })
  const opened = (world: World) =>
    world
      .delivered()
      .map((bytes): AlertEvent['data'] => JSON.parse(String(bytes)).data)
      .filter(({ transition, kind }) => transition === 'opened' && (kind === 'record' || kind === 'drift'))

  it('sees more of what is common to many streams, and nothing more before the first alert', async () => {
    const told = async (precision: number | undefined) => {
      const world = new World('input', log())
      await live(world, undying, subject(precision))
      return opened(world).map(({ stream, origin }) => ({ stream, offset: origin.offset }))
    }
    const [without, lowered] = [await told(undefined), await told(0.5)]
    expect(new Set(lowered.map(({ stream }) => stream)).size).toBeGreaterThan(new Set(without.map(({ stream }) => stream)).size)
    expect(lowered[0]).toEqual(without[0])
  })

  it('tells the same, with the same ids, when it dies again and again', async () => {
    const input = log()
    const undisturbed = new World('input', input)
    await live(undisturbed, undying, subject(0.5))
    const uniform = uniforms(6)
    const mortal = new World('input', input)
    const lives = await untilTheEnd(mortal, subject(0.5), (life) => ({
      steps: Math.ceil(uniform() * 50) + 12 * life,
      losing: 0.1,
      uniform,
    }))
    expect(lives).toBeGreaterThan(2)
    expectSameEnd(mortal, undisturbed, subject(0.5))
  })

  it('has a limit of its own only where there is a budget to start from', () => {
    const wanted = { falseAlarmsPerDay: 100, precision: 0.9 }
    expect(precisionPolicy({ falseAlarmsPerDay: 100 }, true, reference)).toBeUndefined()
    expect(precisionPolicy(wanted, false, reference)).toBeUndefined()
    expect(precisionPolicy({ ...wanted, fixedThresholds: { gaussian: 9 } }, true, reference)).toBeUndefined()
    const policy = precisionPolicy(wanted, true, reference)
    expect(policy?.share).toBeCloseTo(0.1, 12)
    expect(policy?.bar(2 * policy.base)).toBeLessThan(policy?.bar(policy.base) ?? 0)
  })
})
