import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ArrayMemory } from '../../connectors/array-memory.js'
import { previousOf } from '../../pipelines/previous.js'
import { newStream } from '../../pipelines/streams.js'
import { uniforms } from '../detectors/samples.js'
import { type LifeOptions, World } from '../kit/world.js'
import { expectSameEnd } from './ends.js'
import { inputOf, live, type Subject, untilTheEnd } from './lives.js'
import { scorerOf, smallReference } from './reference.js'

describe('previousOf', () => {
  it('finds the row before each in its stream, across batches', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.nat({ max: 2 }), { maxLength: 12 }), { maxLength: 6 }), (batches) => {
        const shape = { d: 2, width: 2, window: { size: 4, hop: 2 }, detrend: 0 }
        const streams = [0, 1, 2].map((i) => newStream(`s${i}`, shape, 0))
        const last = new Map<number, number>()
        let next = 0
        for (const streamOf of batches) {
          const values = Float64Array.from(streamOf.flatMap(() => [next, -next++]))
          const batch = { n: streamOf.length, d: 2, values, states: streams, stateOf: Int32Array.from(streamOf) }
          const found = previousOf(batch, new ArrayMemory())
          streamOf.forEach((stream, row) => {
            const own = values[2 * row]
            expect(found.rows.slice(2 * row, 2 * row + 2)).toEqual(Float64Array.of(last.get(stream) ?? own, -(last.get(stream) ?? own)))
            last.set(stream, own)
          })
          expect(found.lasts.map((row) => row?.[0])).toEqual([0, 1, 2].map((stream) => last.get(stream)))
        }
      }),
    )
  })
})

describe('a monitor that looks at the record before', () => {
  const undying: LifeOptions = { steps: Number.POSITIVE_INFINITY, losing: 0, uniform: uniforms(1) }
  const log = inputOf({
    seed: 11,
    dtype: 'float32',
    partitions: 2,
    streams: 2,
    each: 90,
    faults: [
      { stream: 0, feature: 0, from: 40, count: 1, sigma: 12 },
      { stream: 2, feature: 2, from: 45, count: 20, sigma: -9 },
    ],
    broken: (partition, offset) => partition === 0 && offset % 7 === 0,
  })
  let subject: Subject
  beforeAll(async () => {
    const reference = await smallReference({ detectors: ['innovations', 'innovation-distances'] }, 1 / 10)
    subject = { reference, dtype: 'float32', scorer: await scorerOf(reference, 'float32'), part: 1 }
  })
  afterAll(() => subject.scorer.close())

  it('says the same when it dies and loses partitions again and again, and keeps the same state to the last bit', async () => {
    const undisturbed = new World('input', log)
    await live(undisturbed, undying, subject)
    expect(undisturbed.events.map(({ data }) => `${data.kind} ${data.transition}`)).toContain('record opened')
    const uniform = uniforms(6)
    for (let time = 0; time < 3; time++) {
      const mortal = new World('input', log)
      const lives = await untilTheEnd(mortal, subject, (life) => ({ steps: Math.ceil(uniform() * 60) + 20 * life, losing: 0.1, uniform }))
      expect(lives).toBeGreaterThan(1)
      expectSameEnd(mortal, undisturbed, subject)
    }
  })

  it('explains the score of a record after the one before it', async () => {
    const undisturbed = new World('input', log)
    await live(undisturbed, undying, subject)
    const opened = undisturbed.events.find(({ data }) => data.kind === 'record' && data.transition === 'opened')
    const { evidence, contributions } = opened?.data ?? expect.unreachable()
    expect(contributions[0].feature).toBe('f0')
    const total = contributions.reduce((sum, { share }) => sum + share, 0)
    expect('score' in evidence && evidence.score / total).toBeCloseTo(1, 3)
  })
})
