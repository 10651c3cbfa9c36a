import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Scorer } from '../../backbones/scorer.js'
import { type ChartName, chartNames } from '../../calibration/charts.js'
import { uniforms } from '../detectors/samples.js'
import { expectWholeStories } from '../kit/events.js'
import { type LifeOptions, World } from '../kit/world.js'
import { expectSameEnd } from './ends.js'
import { type Fault, type InputOptions, inputOf, live, type Subject, untilTheEnd } from './lives.js'
import { d, scorerOf, smallReference } from './reference.js'

const undying = (seed: number): LifeOptions => ({ steps: Number.POSITIVE_INFINITY, losing: 0, uniform: uniforms(seed) })

/** Each life may be a little longer than the one before: one that is too short to write its state gets nowhere. */
const hardLives = (seed: number, longest: number): ((life: number) => LifeOptions) => {
  const uniform = uniforms(seed)
  return (life) => ({ steps: Math.ceil(uniform() * longest) + 20 * life, losing: 0.1, uniform })
}

/** Every way in which a monitor can be told to work; `first`: where the first death comes, `part`: streams that a checkpoint copies in one go. */
const variants = [
  { title: 'plain', first: 1, part: 500, detrend: 0, feedback: false, dtype: 'float64', k: 1, n: 1 },
  { title: 'with a slow mean, 2 of 3', first: 2, part: 1, detrend: 1 / 10, feedback: false, dtype: 'float64', k: 2, n: 3 },
  { title: 'with feedback, float32', first: 3, part: 1, detrend: 0, feedback: true, dtype: 'float32', k: 1, n: 1 },
  {
    title: 'with a slow mean, feedback and charts',
    first: 1,
    part: 500,
    detrend: 1 / 10,
    feedback: true,
    dtype: 'float64',
    k: 1,
    n: 1,
    charts: chartNames,
  },
] as const

const logicOf = (k: number, n: number, charts?: readonly ChartName[]) => ({
  window: { size: 16, hop: 4 },
  record: { k, n, gap: 5 },
  drift: { k: 1, n: 1, gap: 3 },
  ...(charts && { charts }),
})

const input: Omit<InputOptions, 'dtype'> = {
  seed: 11,
  partitions: 2,
  streams: 2,
  each: 90,
  faults: [
    { stream: 0, feature: 0, from: 40, count: 2, sigma: 12 },
    { stream: 0, feature: 2, from: 60, count: 2, sigma: -15 },
    { stream: 1, feature: 1, from: 50, count: 30, sigma: 3 },
    { stream: 2, feature: 2, from: 45, count: 6, sigma: 9 },
    { stream: 3, feature: 0, from: 88, count: 2, sigma: 9 },
  ],
  broken: (partition, offset) => partition === 0 && offset % 3 === 0 && offset > 30 && offset < 100,
}

describe.each(variants)('a monitor $title', ({ first, part, detrend, feedback, dtype, k, n, ...more }) => {
  const log = inputOf({ ...input, dtype })
  let scorer: Scorer
  let subject: Subject
  let undisturbed: World

  beforeAll(async () => {
    const reference = await smallReference({ logic: logicOf(k, n, 'charts' in more ? more.charts : undefined) }, detrend)
    scorer = await scorerOf(reference, dtype)
    subject = { reference, dtype, scorer, part, alerting: { feedback } }
    undisturbed = new World('input', log)
    await live(undisturbed, undying(1), subject)
  })
  afterAll(() => scorer.close())

  it('has something to tell', () => {
    expectWholeStories(undisturbed.delivered())
    const kinds = new Set(undisturbed.events.map(({ data }) => `${data.kind} ${data.transition}`))
    for (const told of ['record opened', 'record resolved', 'drift opened', 'feed opened']) expect(kinds).toContain(told)
    expect(undisturbed.letters).toHaveLength(23)
  })

  it('says the same whatever the cuts of the batches', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const world = new World('input', log)
        await live(world, undying(seed), subject)
        expectSameEnd(world, undisturbed, subject)
      }),
      { numRuns: 10 },
    )
  })

  it('says the same when it dies at any step of its life', async () => {
    let lives = 2
    for (let steps: number = first; lives > 1; steps += 3) {
      const world = new World('input', log)
      lives = await untilTheEnd(world, subject, (life) => (life === 1 ? { ...undying(5), steps } : undying(6)))
      expectSameEnd(world, undisturbed, subject)
    }
  })

  it('says the same when it dies and loses partitions again and again', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 20, max: 200 }), fc.constantFrom(1, 1000), async (seed, longest, lookEvery) => {
        const world = new World('input', log)
        await untilTheEnd(world, { ...subject, lookEvery }, hardLives(seed, longest))
        expectSameEnd(world, undisturbed, subject)
      }),
      { numRuns: 10 },
    )
  })
})

describe('any input', () => {
  let subject: Subject
  beforeAll(async () => {
    const reference = await smallReference({ logic: logicOf(1, 1) })
    subject = { reference, dtype: 'float64', scorer: await scorerOf(reference), part: 1, alerting: { feedback: true } }
  })
  afterAll(() => subject.scorer.close())

  const faults: fc.Arbitrary<Fault[]> = fc.array(
    fc.record({
      stream: fc.nat({ max: 3 }),
      feature: fc.nat({ max: d - 1 }),
      from: fc.nat({ max: 60 }),
      count: fc.integer({ min: 1, max: 30 }),
      sigma: fc.constantFrom(-20, -8, 4, 8, 1e6),
    }),
    { maxLength: 6 },
  )
  const inputs = fc.record({
    seed: fc.nat(),
    dtype: fc.constant('float64' as const),
    partitions: fc.integer({ min: 1, max: 2 }),
    streams: fc.integer({ min: 1, max: 2 }),
    each: fc.integer({ min: 0, max: 80 }),
    faults,
    broken: fc
      .func(fc.boolean())
      .map((chance) => (partition: number, offset: number) => offset % 2 === 1 && chance(partition, offset >> 3)),
  })

  it('gives the same alerts to a monitor that dies and loses partitions as to one that does not', async () => {
    await fc.assert(
      fc.asyncProperty(inputs, fc.integer(), async (options, seed) => {
        const log = inputOf(options)
        const [undisturbed, world] = [new World('input', log), new World('input', log)]
        await live(undisturbed, undying(seed), subject)
        await untilTheEnd(world, subject, hardLives(seed + 1, 100))
        expectSameEnd(world, undisturbed, subject)
      }),
      { numRuns: 25 },
    )
  })
})
