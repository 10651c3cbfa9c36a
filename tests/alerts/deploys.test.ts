import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { composeAnomaly, composeFeed } from '../../alerts/compose.js'
import { DEPLOYS_KEPT, type Deploy, Deploys, deployEvidence } from '../../alerts/deploys.js'
import { bar, evidence, live, seen, source } from './builders.js'

const known = (...deploys: Deploy[]): Deploys => {
  const all = new Deploys()
  for (const deploy of deploys) all.add(deploy)
  return all
}

describe('deploys', () => {
  it('finds the latest one of a stream, after one time and up to another', () => {
    const all = known({ at: 20, version: 'b', streams: ['one'] }, { at: 10, version: 'a' }, { at: 30, version: 'c' })
    expect(all.latest('one', 0, 29)?.version).toBe('b')
    expect(all.latest('two', 0, 29)?.version).toBe('a')
    expect(all.latest(undefined, 0, 29)?.version).toBe('b')
    expect(all.latest('one', 20, 29)).toBeUndefined()
    expect(all.latest('one', 29, 30)?.version).toBe('c')
  })

  it('knows the same whatever the order and repetition of the messages', () => {
    const deploy = fc.record({ at: fc.nat({ max: 50 }), version: fc.constantFrom('a', 'b'), note: fc.constantFrom('x', 'y') })
    const messages = fc.array(deploy, { minLength: 1, maxLength: 30 })
    const shuffled = messages.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: 2 * all.length, maxLength: 2 * all.length })),
    )
    fc.assert(
      fc.property(shuffled, fc.nat({ max: 60 }), fc.nat({ max: 60 }), ([all, again], after, until) => {
        expect(known(...again).latest('s', after, until)).toEqual(known(...all).latest('s', after, until))
      }),
    )
  })

  it('keeps those with the latest times', () => {
    const all = known(...Array.from({ length: DEPLOYS_KEPT + 10 }, (_, at) => ({ at, version: String(at) })).reverse())
    expect(all.latest('s', -1, 9)).toBeUndefined()
    expect(all.latest('s', -1, 10)?.version).toBe('10')
  })
})

describe('an alert after a deploy', () => {
  const { changes } = live([seen(0, 'opened'), seen(1200, 'sustained', { effect: 2.3 })])
  const first = changes[0].at.time
  const found = { evidence: evidence(), severityScore: 1, contributions: [], bar }

  it('names it in its evidence and in its summary', () => {
    const deploy = { at: first - 240_000, version: '1.4.2', note: 'new\nmodel' }
    const { data } = composeAnomaly(source, changes[0], { ...found, deploy: deployEvidence(deploy, changes[0]) })
    expect(data.evidence).toMatchObject({
      deploy: { version: '1.4.2', note: 'new\nmodel', at: new Date(deploy.at).toISOString(), ago: 240, openedBefore: false },
    })
    expect(data.summary).toMatch(/; 4 min after deploy 1\.4\.2$/)
  })

  it('says when it was open before', () => {
    const deploy = { at: first + 600_000, version: '1.4.2\u202e' }
    const { data } = composeAnomaly(source, changes[1], { ...found, deploy: deployEvidence(deploy, changes[1]) })
    expect(data.evidence).toMatchObject({ deploy: { ago: 600, openedBefore: true } })
    expect(data.summary).toMatch(/; open before deploy 1\.4\.2\\u\{202e\} of 10 min ago$/)
  })

  it('about the feed names it too', () => {
    const deploy = deployEvidence({ at: first - 1000, version: '2' }, changes[0])
    const { data } = composeFeed({ ...source, kind: 'feed' }, changes[0], { trouble: 'data_missing', silenceLimit: 60, deploy })
    expect(data.summary).toMatch(/; 1 s after deploy 2$/)
  })
})
