import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Scorer } from '../../backbones/scorer.js'
import type { Reference } from '../../references/reference.js'
import { uniforms } from '../detectors/samples.js'
import { World } from '../kit/world.js'
import { inputOf, live, type Subject } from './lives.js'
import { scorerOf, smallReference } from './reference.js'

const faults = [{ stream: 0, feature: 1, from: 40, count: 35, sigma: 8 }]
const [log] = inputOf({ seed: 8, dtype: 'float64', partitions: 1, streams: 1, each: 120, faults, broken: () => false })
const undying = () => ({ steps: Number.POSITIVE_INFINITY, losing: 0, uniform: uniforms(1) })

/** What a world is after its input has gone on. */
function later(world: World): World {
  const next = new World('input', [log])
  for (const [partition, offset] of world.committed) next.committed.set(partition, offset)
  for (const [partition, offset] of world.markers) next.markers.set(partition, offset)
  for (const [partition, streams] of world.streams) next.streams.set(partition, new Map(streams))
  return next
}

describe('a monitor that gets a new reference in the middle of an alert', () => {
  let world: World
  const scorers: Scorer[] = []
  const subjectOf = async (reference: Reference): Promise<Subject> => {
    const scorer = await scorerOf(reference)
    scorers.push(scorer)
    return { reference, dtype: 'float64', scorer }
  }

  beforeAll(async () => {
    const logic = { window: { size: 16, hop: 4 }, record: { k: 2, n: 6, gap: 5 }, drift: { k: 1, n: 1, gap: 3 } }
    world = new World('input', [log.slice(0, 70)])
    await live(world, undying(), await subjectOf(await smallReference({ logic })))
  })
  afterAll(() => Promise.all(scorers.map((scorer) => scorer.close())))

  const told = ({ events }: World, kind: string) => events.filter(({ data }) => data.kind === kind)

  it('was told of both kinds before', () => {
    expect(world.events.map(({ data }) => data.transition)).not.toContain('resolved')
    expect(world.events.map(({ data }) => data.kind)).toEqual(expect.arrayContaining(['record', 'drift']))
  })

  it('opens no second alert, and ends the first by the new reference’s measure', async () => {
    const next = later(world)
    const reference = await smallReference({ shrinkage: 'oas' })
    await live(next, undying(), await subjectOf(reference))
    for (const kind of ['record', 'drift']) {
      const [{ data: opened }] = told(world, kind)
      const ended = told(next, kind).find(({ data }) => data.transition === 'resolved')!
      expect(ended.data).toMatchObject({ alertId: opened.alertId, referenceVersion: reference.version })
      const before = told(next, kind).slice(0, told(next, kind).indexOf(ended))
      expect(before.map(({ data }) => data.transition)).not.toContain('opened')
    }
  })

  it('goes on where the new reference has no detector of the alert’s kind', async () => {
    const next = later(world)
    await live(next, undying(), await subjectOf(await smallReference({ detectors: ['gaussian'] })))
    expect(next.committed.get(0)).toBe(log.length)
    expect(told(next, 'record').map(({ data }) => data.transition)).toContain('resolved')
    expect(told(next, 'drift')).toEqual([])
  })
})
