import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Deploys } from '../../alerts/deploys.js'
import type { AlertEvent, AnomalyData } from '../../alerts/event.js'
import { uniforms } from '../detectors/samples.js'
import { type LifeOptions, World } from '../kit/world.js'
import { expectSameEnd } from './ends.js'
import { inputOf, live, type Subject, untilTheEnd } from './lives.js'
import { scorerOf, smallReference } from './reference.js'

const undying = (seed: number): LifeOptions => ({ steps: Number.POSITIVE_INFINITY, losing: 0, uniform: uniforms(seed) })
const second = (n: number) => Date.UTC(2026, 0, 1) + 1000 * n

/** Two streams; from second 100 on the first is far off, and a while before that a spike in the other. */
const log = inputOf({
  seed: 5,
  dtype: 'float64',
  partitions: 1,
  streams: 2,
  each: 200,
  faults: [
    { stream: 0, feature: 0, from: 100, count: 100, sigma: 3 },
    { stream: 1, feature: 1, from: 60, count: 2, sigma: 15 },
  ],
  broken: () => false,
})

const byId = ({ id: one }: AlertEvent, { id: other }: AlertEvent) => (one < other ? -1 : 1)

describe('a monitor that is told of deploys', () => {
  let subject: Subject
  let undisturbed: World
  let plain: World

  const told = async (of: Partial<Subject>) => {
    const world = new World('input', log)
    await live(world, undying(1), { ...subject, ...of })
    return world
  }
  const evidence = (world: World, stream: string) =>
    world.events.map(({ data }) => data).filter((data): data is AnomalyData => data.stream === stream && data.kind !== 'feed')
  const knowing = (...deploys: Parameters<Deploys['add']>[0][]) => {
    const known = new Deploys()
    for (const deploy of deploys) known.add(deploy)
    return { deploys: { known, nameFor: 80_000 } }
  }
  const two = [
    { at: second(100), version: '1.4.2', streams: ['s0'] },
    { at: second(20), version: '1.4.1' },
  ]

  beforeAll(async () => {
    const reference = await smallReference({
      logic: { window: { size: 16, hop: 4 }, record: { k: 1, n: 1, gap: 5 }, drift: { k: 1, n: 1, gap: 3 } },
    })
    subject = { reference, dtype: 'float64', scorer: await scorerOf(reference), part: 1, alerting: { updateEvery: 10_000 } }
    plain = await told({})
    undisturbed = await told(knowing(...two))
  })
  afterAll(() => subject.scorer.close())

  it('names the latest one before an event, of the streams that it touches, for as long as it was asked to', () => {
    const named = (stream: string) =>
      evidence(undisturbed, stream).map(({ at, evidence }) => [(Date.parse(at) - second(0)) / 1000, evidence.deploy?.version])
    for (const [at, version] of named('s1'))
      expect([at, version]).toEqual([at, Number(at) >= 20 && Number(at) <= 100 ? '1.4.1' : undefined])
    expect(named('s1').some(([, version]) => version === '1.4.1')).toBe(true)
    const [opened] = evidence(undisturbed, 's0').filter(({ since }) => Date.parse(since) >= second(100))
    expect(opened.evidence.deploy).toMatchObject({ version: '1.4.2', openedBefore: false })
    expect(opened.summary).toContain('after deploy 1.4.2')
  })

  it('says of an alert whether the scores jumped at the deploy, once there is enough after it', () => {
    const jumps = evidence(undisturbed, 's0').flatMap(({ at, evidence: { deploy } }) =>
      deploy?.version === '1.4.2' ? [{ at, jump: deploy.jump }] : [],
    )
    expect(jumps[0].jump).toBeUndefined()
    const [first] = jumps.filter(({ jump }) => jump !== undefined)
    expect(Date.parse(first.at)).toBeGreaterThanOrEqual(second(100 + 8 * 4))
    expect(first.jump).toMatchObject({ found: true })
    expect(first.jump?.effect).toBeGreaterThan(0.5)
  })

  it('says when there was none: what is wrong began elsewhen', async () => {
    const world = await told(knowing({ at: second(130), version: 'late' }))
    const last = evidence(world, 's0')
      .filter(({ kind, evidence }) => kind === 'drift' && evidence.deploy?.jump !== undefined)
      .at(-1)
    expect(last?.evidence.deploy).toMatchObject({ openedBefore: true, jump: { found: false } })
    expect(last?.summary).toContain('no jump of the scores there')
  })

  it('raises just the alerts that it would raise without: same ids, severities and evidence', () => {
    const bare = ({ events }: World) =>
      events
        .toSorted(byId)
        .map(({ data: { summary, evidence, ...data }, ...event }) => ({ ...event, data, evidence: { ...evidence, deploy: undefined } }))
    expect(bare(undisturbed)).toEqual(bare(plain).map((event) => ({ ...event, evidence: { ...event.evidence, deploy: undefined } })))
    expect(JSON.stringify(plain.delivered())).not.toContain('deploy')
    expect(
      [...plain.streams.values()].flatMap((streams) => [...streams.values()].map(({ state }) => String(Buffer.from(state)))).join(),
    ).not.toContain('levels')
  })

  it('says the same when it dies again and again, whatever the order in which it is told', async () => {
    for (let seed = 1; seed < 6; seed++) {
      const uniform = uniforms(seed)
      const world = new World('input', log)
      const knowledge = knowing(...(seed % 2 === 0 ? two : two.toReversed()))
      await untilTheEnd(world, { ...subject, ...knowledge }, (life) => ({
        steps: Math.ceil(uniform() * 80) + 20 * life,
        losing: 0.1,
        uniform,
      }))
      expectSameEnd(world, undisturbed, subject)
    }
  })
})
