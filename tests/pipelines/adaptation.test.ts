import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Scorer } from '../../backbones/scorer.js'
import { STEP } from '../../calibration/slow-copy.js'
import { uniforms } from '../detectors/samples.js'
import { type LifeOptions, World } from '../kit/world.js'
import { expectSameEnd } from './ends.js'
import { inputOf, live, type Subject, untilTheEnd } from './lives.js'
import { scorerOf, smallReference } from './reference.js'

const undying: LifeOptions = { steps: Number.POSITIVE_INFINITY, losing: 0, uniform: uniforms(1) }

/** Two steps and a little more; the first feature of the stream has moved, from a record on, by so many deviations. */
const logOf = (sigma: number, from = 0) =>
  inputOf({
    seed: 31,
    dtype: 'float64',
    partitions: 1,
    streams: 1,
    each: 2 * STEP + 100,
    faults: [{ stream: 0, feature: 0, from, count: 2 * STEP + 100, sigma }],
    broken: () => false,
  })[0]

/** By so little that it is no fault. */
const log = logOf(0.2)

describe('a monitor that adapts its reference', () => {
  let subject: Subject
  let plain: Subject
  const scorers: Scorer[] = []
  beforeAll(async () => {
    const shared = { dtype: 'float64', limits: { inFlightRecords: 400 }, alerting: { falseAlarmsPerDay: 20 } } as const
    const reference = await smallReference({ adapt: 1 })
    const frozen = await smallReference()
    scorers.push(await scorerOf(reference), await scorerOf(frozen))
    subject = { ...shared, reference, scorer: scorers[0], adapt: { farthest: 0.005 } }
    plain = { ...shared, reference: frozen, scorer: scorers[1] }
  })
  afterAll(() => Promise.all(scorers.map((scorer) => scorer.close())))

  const told = ({ events }: World) => events.filter(({ data }) => data.kind === 'adaptation').map(({ data }) => data)

  it('says when what counts as normal has gone farther than is allowed: which feature, which version', async () => {
    const world = new World('input', [log])
    await live(world, undying, subject)
    const [opened] = told(world)
    expect(opened).toMatchObject({
      transition: 'opened',
      reason: 'adapted_far',
      severity: 'info',
      origin: { offset: STEP - 1 },
      evidence: { trouble: 'adapted_far', version: 1, farthest: 0.005 },
    })
    expect(opened.contributions[0].feature).toBe(subject.reference.features[0])
    expect(opened.summary).toMatch(/what counts as normal has moved: version 1 of its adapted reference is 0\.0\d+σ from the fitted one/)
  })

  it('does not learn a shift that alarms: the drift alert stays open, the copy stays where it is', async () => {
    const world = new World('input', [logOf(1.5, STEP / 2)])
    await live(world, undying, subject)
    const drift = world.events.filter(({ data }) => data.kind === 'drift').map(({ data }) => data.transition)
    expect(drift).toContain('opened')
    expect(drift.at(-1)).not.toBe('resolved')
    expect(told(world)).toEqual([])
  })

  it('tells the copy that alerts about records and drift rest on', async () => {
    const faulty = log.map((record, offset) =>
      offset < STEP + 50 ? record : { ...record, value: Buffer.from(Float64Array.of(90, 0, 0).buffer) },
    )
    const world = new World('input', [faulty.slice(0, STEP + 60)])
    await live(world, undying, subject)
    const record = world.events.find(({ data }) => data.kind === 'record' && data.origin.offset >= STEP)
    expect(record?.data.evidence).toMatchObject({ adaptation: { version: 1, heldOut: expect.any(Number) } })
  })

  it('survives any death with the same events and the same copies, to the last bit', async () => {
    const undisturbed = new World('input', [log])
    await live(undisturbed, undying, subject)
    const uniform = uniforms(6)
    const mortal = new World('input', [log])
    const often = { ...subject, every: 100 }
    const lives = await untilTheEnd(mortal, often, (life) => ({ steps: Math.ceil(uniform() * 100) + 60 * life, losing: 0.05, uniform }))
    expect(lives).toBeGreaterThan(1)
    expectSameEnd(mortal, undisturbed, subject)
  })

  it('ends the alert when the next reference is not adapted', async () => {
    const parts = [log.slice(0, STEP + 10)]
    const world = new World('input', parts)
    await live(world, undying, subject)
    parts[0].push(...log.slice(STEP + 10, STEP + 20))
    await live(world, undying, plain)
    expect(told(world)).toMatchObject([{ transition: 'opened' }, { transition: 'resolved', reason: 'adapted_back' }])
  })
})
