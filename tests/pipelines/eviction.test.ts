import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RawRecord } from '../../connectors/records.js'
import { isForgotten } from '../../pipelines/clock.js'
import { shapeOf } from '../../pipelines/fitted.js'
import { decodePartition, decodeStream, PARTITION } from '../../pipelines/snapshot.js'
import { uniforms } from '../detectors/samples.js'
import { expectSameEvents } from '../kit/events.js'
import { type LifeOptions, World } from '../kit/world.js'
import { expectSameEnd, restored } from './ends.js'
import { live, type Subject, untilTheEnd } from './lives.js'
import { centred, d, scorerOf, smallReference } from './reference.js'

const undying = (seed: number): LifeOptions => ({ steps: Number.POSITIVE_INFINITY, losing: 0, uniform: uniforms(seed) })

const hardLives = (seed: number): ((life: number) => LifeOptions) => {
  const uniform = uniforms(seed)
  return (life) => ({ steps: Math.ceil(uniform() * 200) + 20 * life, losing: 0.1, seams: 0.2, uniform })
}

/**
 * Two partitions of records of `names` streams each, some much more often than others, a second apart. Every third stream has faults now and then.
 * `jumps`: the share of records before which an hour passes in which nothing comes.
 */
function crowd(seed: number, names: number, jumps = 0, n = 400): RawRecord[][] {
  const uniform = uniforms(seed)
  return [0, 1].map((partition) => {
    const rows = centred(n, seed + partition)
    let time = Date.UTC(2026, 0, 1)
    return Array.from({ length: n }, (_, offset) => {
      const stream = Math.floor(uniform() ** 2 * names)
      const row = rows.slice(offset * d, (offset + 1) * d)
      if (stream % 3 === 0 && uniform() < 0.3) row[0] += 15
      time += uniform() < jumps ? 3_600_000 : 1000
      return { offset, timestamp: time, key: Buffer.from(`p${partition}s${stream}`), value: Buffer.from(row.buffer) }
    })
  })
}

describe('a monitor that has room for few streams', () => {
  let subject: Subject
  beforeAll(async () => {
    const logic = { window: { size: 16, hop: 4 }, record: { k: 1, n: 1, gap: 5 }, drift: { k: 1, n: 1, gap: 3 } }
    const reference = await smallReference({ logic }, 1 / 2)
    subject = { reference, dtype: 'float64', scorer: await scorerOf(reference), part: 3, alerting: { feedback: true } }
  })
  afterAll(() => subject.scorer.close())

  const worldOf = async (log: RawRecord[][], of: Subject, seed = 1) => {
    const world = new World('input', log)
    await live(world, undying(seed), of)
    return world
  }

  it('says what one with room for all says, and keeps the same state, however often it dies and loses partitions', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 }), async (seed, names, streams) => {
        const log = crowd(seed, names)
        const roomy = await worldOf(log, subject)
        const narrow = { ...subject, limits: { streams } }
        expectSameEnd(await worldOf(log, narrow, seed), roomy, subject)
        const disturbed = new World('input', log)
        await untilTheEnd(disturbed, narrow, hardLives(seed))
        expectSameEnd(disturbed, roomy, subject)
      }),
      { numRuns: 4 },
    )
  })

  describe('where silent streams are forgotten', () => {
    const forgetAfter = 60_000

    /** The stored states but of streams that would begin anew: when those are deleted is a matter of the wall clock. */
    const remembered = ({ streams }: World) => {
      const { version } = subject.reference
      const shape = shapeOf(subject.reference)
      return [...streams].toSorted().flatMap(([, stored]) => {
        const { time } = decodePartition(stored.get(PARTITION), Number.POSITIVE_INFINITY).clock
        return [...stored]
          .filter(([name, snapshot]) => {
            if (name === PARTITION) return true
            return !isForgotten(decodeStream(name, snapshot, version, shape, 0).folded.clock, time, forgetAfter)
          })
          .map((one) => restored(one, Number.POSITIVE_INFINITY))
          .toSorted(([one], [other]) => (one < other ? -1 : 1))
      })
    }
    const stored = ({ streams }: World) => [...streams.values()].reduce((sum, { size }) => sum + size, 0)

    it('says the same as one that lives undisturbed with room for all', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(), fc.integer({ min: 20, max: 60 }), fc.constantFrom(0, 0.02), async (seed, names, jumps) => {
          const log = crowd(seed, names, jumps)
          const roomy = await worldOf(log, { ...subject, limits: { forgetAfter } })
          const narrow = { ...subject, limits: { forgetAfter, streams: 5 } }
          const disturbed = new World('input', log)
          await untilTheEnd(disturbed, narrow, hardLives(seed))
          expectSameEvents(disturbed.delivered(), roomy.delivered())
          expect(remembered(disturbed)).toEqual(remembered(roomy))
        }),
        { numRuns: 6 },
      )
    })

    it('really forgets: the store holds less, and streams begin anew', async () => {
      const log = crowd(3, 60)
      const [mindful, forgetful] = [await worldOf(log, subject), await worldOf(log, { ...subject, limits: { forgetAfter } })]
      expect(stored(mindful) - 2).toBe(new Set(log.flat().map(({ key }) => String(key))).size)
      expect(stored(forgetful)).toBeLessThan(stored(mindful) - 10)
      expect(remembered(forgetful)).not.toEqual(remembered(mindful))
      expect(new Set(forgetful.events.map(({ data }) => `${data.kind} ${data.transition}`)).size).toBeGreaterThan(2)
      expect(forgetful.delivered()).not.toEqual(mindful.delivered())
    })
  })
})
