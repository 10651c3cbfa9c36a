import { CloudEvent } from 'cloudevents'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { composeAnomaly, type Findings, serialise } from '../../alerts/compose.js'
import type { AlertEvent } from '../../alerts/event.js'
import type { AlertSource } from '../../alerts/identity.js'
import { bar, evidence, live, seen, source } from './builders.js'

const contributions = [
  { feature: 'cpu', share: -0.4, sigma: -0.61, value: 0.2 },
  { feature: 'queue_depth', share: 21.5, sigma: 4.1234567, value: 812 },
  { feature: 'latency_p95', share: 8.1, sigma: 2.02, value: 0.45 },
]
const findings = (changed: Partial<Findings> = {}): Findings => ({
  evidence: evidence(),
  severityScore: 2.3456789,
  contributions,
  bar,
  ...changed,
})

/** The events of a life of four changes. */
function story(of: AlertSource & { kind: 'record' | 'drift' } = source, found = findings()): AlertEvent[] {
  const lasting = { effect: 2.3, persistence: 0.5, score: 71.23456789 }
  const { changes } = live([seen(0, 'opened'), seen(300, 'sustained', lasting), seen(840, 'sustained', lasting), seen(3600, 'settled')], of)
  return changes.map((change) => composeAnomaly(of, change, found))
}

describe('an alert event', () => {
  it('tells a whole life in lines that a person understands', () => {
    const found = findings({ evidence: evidence({ falseAlarmsPerDay: 1e-9, effect: 2.3 }) })
    expect(story(source, found).map(({ data }) => data.summary)).toEqual([
      'checkout-eu: anomalous records: queue_depth +4.1σ, latency_p95 +2σ; expected on clean data rarer than once in 2 days (the reference cannot tell how much); 2.3 times the limit',
      'checkout-eu: anomalous records raised to error (stronger): queue_depth +4.1σ, latency_p95 +2σ; expected on clean data rarer than once in 2 days (the reference cannot tell how much); 2.3 times the limit',
      'checkout-eu: anomalous records still error after 14 min: queue_depth +4.1σ, latency_p95 +2σ; expected on clean data rarer than once in 2 days (the reference cannot tell how much); 2.3 times the limit',
      'checkout-eu: anomalous records closed after 60 min, at worst error: far below its worst for a while, though not always under the limit',
    ])
  })

  it('calls an alert that was lowered by calm records calmer, not common', () => {
    const calm = { effect: 0.4, falseAlarmsPerDay: 5000 }
    const { changes } = live([seen(0, 'opened', { effect: 2.3 }), ...[60, 120, 180].map((second) => seen(second, 'waiting', calm))])
    const { data } = composeAnomaly(source, changes[1], findings({ evidence: evidence(calm), contributions: [] }))
    expect(data.summary).toBe(
      'checkout-eu: anomalous records down to info after 3 min: calmer now (0.4 times the limit); it ends if that lasts',
    )
  })

  it('names a spread where it says more than the mean', () => {
    const of = (sigma: number, spread: number) => [{ feature: 'f1', share: 9, sigma, spread, value: 3 }]
    const line = (sigma: number, spread: number) => story(source, findings({ contributions: of(sigma, spread) }))[0].data.summary
    expect(line(0.026, 0.0213)).toContain(': f1 spread ×0.021;')
    expect(line(-0.9, 1.5)).toContain(': f1 spread ×1.5;')
    expect(line(3, 1.5)).toContain(': f1 +3σ;')
    expect(story(source, findings({ contributions: of(0.026, 0.02134567) }))[0].data.contributions).toEqual([
      { feature: 'f1', share: 9, sigma: 0.026, spread: 0.0213457, value: 3 },
    ])
  })

  it('says when it is unbudgeted', () => {
    const [opened] = story(source, findings({ bar: { ...bar, status: 'REFUSED' }, contributions: [] }))
    expect(opened.data.summary).toBe(
      'checkout-eu: anomalous records: expected on clean data about once a day; 1.1 times the limit; unbudgeted, the reference was refused',
    )
    expect(opened.data).toMatchObject({ calibration: 'REFUSED' })
  })

  it('has these bytes and no others', () => {
    const expected = {
      specversion: '1.0',
      id: '05a28f82b62213d9e2cbe1f909d3bc77-2',
      source: '/driftwatch/payments',
      type: 'io.driftwatch.alert.escalated',
      subject: 'checkout-eu',
      time: '2026-01-01T00:05:00.000Z',
      datacontenttype: 'application/json',
      data: {
        alertId: '05a28f82b62213d9e2cbe1f909d3bc77',
        dedupKey: 'payments/checkout-eu/record',
        transition: 'escalated',
        reason: 'stronger',
        summary:
          'checkout-eu: anomalous records raised to error (stronger): queue_depth +4.1σ, latency_p95 +2σ; expected on clean data about once a day; 1.1 times the limit',
        monitor: 'payments',
        stream: 'checkout-eu',
        severity: 'error',
        peakSeverity: 'error',
        severityReason: 'effect',
        detectors: ['gaussian'],
        since: '2026-01-01T00:00:00.000Z',
        at: '2026-01-01T00:05:00.000Z',
        contributions: [
          { feature: 'queue_depth', share: 21.5, sigma: 4.12346, value: 812 },
          { feature: 'latency_p95', share: 8.1, sigma: 2.02, value: 0.45 },
          { feature: 'cpu', share: -0.4, sigma: -0.61, value: 0.2 },
        ],
        worst: [
          { topic: 'features', partition: 3, offset: 300, time: '2026-01-01T00:05:00.000Z', score: 71.2346 },
          { topic: 'features', partition: 3, offset: 0, time: '2026-01-01T00:00:00.000Z', score: 30 },
        ],
        origin: { topic: 'features', partition: 3, offset: 300 },
        referenceVersion: 'r1',
        configVersion: 'c1',
        kind: 'record',
        evidence: {
          falseAlarmsPerDay: 0.9,
          resolutionPerDay: 0.375,
          pValue: 0.001,
          score: 30,
          effect: 1.1,
          persistence: 0.0833333,
          severityScore: 2.34568,
        },
        budgetPerDay: 1,
        calibration: 'OK',
      },
    }
    expect(serialise(story()[1])).toBe(JSON.stringify(expected))
  })

  it('is a valid CloudEvent that the standard library reads back unchanged', () => {
    for (const event of [...story(), ...story({ ...source, kind: 'drift' })]) {
      const read = new CloudEvent(JSON.parse(serialise(event)))
      expect(read.validate()).toBe(true)
      expect(JSON.parse(JSON.stringify(read))).toEqual(event)
    }
  })

  it('names what deviates most where a detector gives every feature the same share', () => {
    const even = [
      { feature: 'cpu', share: 1, sigma: -0.5, value: 1 },
      { feature: 'memory', share: 1, sigma: 2, value: 2 },
      { feature: 'gc_pause', share: 1, sigma: -1.5, value: 3 },
    ]
    const [{ data }] = story(source, findings({ contributions: even }))
    expect(data.contributions.map(({ feature }) => feature)).toEqual(['memory', 'gc_pause', 'cpu'])
    expect(data.summary).toContain('memory +2σ, gc_pause −1.5σ, cpu −0.5σ')
  })

  it('keeps the eight strongest contributions by size, whatever their order', () => {
    const many = Array.from({ length: 40 }, (_, i) => ({ feature: `f${i}`, share: i % 2 === 0 ? i : -i, sigma: 0, value: 0 }))
    const [one] = story(source, findings({ contributions: many }))
    const [other] = story(source, findings({ contributions: many.toReversed() }))
    expect(one.data.contributions.map(({ share }) => share)).toEqual([-39, 38, -37, 36, -35, 34, -33, 32])
    expect(serialise(other)).toBe(serialise(one))
  })

  it('says the p of features that were tested one by one', () => {
    const tested = [
      { feature: 'cpu', share: 8, sigma: 0.1, value: 0.2, pValue: 2.3456789e-9 },
      { feature: 'disk', share: 2, sigma: 1, value: 3, pValue: 0 },
    ]
    const [{ data }] = story({ ...source, kind: 'drift' }, findings({ contributions: tested }))
    expect(data.summary).toContain('drift: cpu +0.1σ (p 2.3e-9), disk +1σ (p 1e-12); expected')
    expect(data.contributions.map(({ pValue }) => pValue)).toEqual([2.34568e-9, 1e-12])
  })

  const hostile = [
    '',
    '__proto__',
    'constructor',
    'a\nb\r\nc\u0000',
    '<img onerror=alert(1)>',
    '"},"x":{"',
    '\ud800',
    '‮gnp',
    '😀'.repeat(5000),
    'x'.repeat(10_000),
    '../../etc/passwd',
    '%00',
  ]
  it.each(hostile.map((name) => [name.slice(0, 24), name]))('takes the name %j for data', (_, name) => {
    const of = { ...source, stream: name, monitor: name, topic: name }
    const found = findings({ contributions: [{ feature: name, share: 1, sigma: 1, value: 1 }] })
    for (const event of story(of, found)) {
      const bytes = serialise(event)
      expect(bytes.length).toBeLessThan(16_384)
      const read = JSON.parse(bytes) as AlertEvent
      expect(read).toEqual(event)
      expect(new CloudEvent(JSON.parse(bytes)).validate()).toBe(true)
      expect(event.subject + event.source + event.data.summary).not.toMatch(/[\p{Cc}\p{Cs}\u202e\u2028]/u)
      if (name.length <= 256) expect(read.data.stream).toBe(name)
    }
    expect(Object.prototype).not.toHaveProperty('x')
  })

  it('never says that something is impossible, or endless', () => {
    const limits = evidence({ falseAlarmsPerDay: 0, pValue: 0, score: Number.POSITIVE_INFINITY, effect: Number.POSITIVE_INFINITY })
    expect(story(source, findings({ evidence: limits }))[0].data.evidence).toMatchObject({
      falseAlarmsPerDay: 1e-12,
      pValue: 1e-12,
      score: 1e300,
      effect: 1e300,
    })
  })

  it('is bounded in size and made of numbers, whatever comes in', () => {
    const numbers = fc.double({ noNaN: true })
    const text = fc.string({ unit: 'binary', maxLength: 2000 })
    fc.assert(
      fc.property(
        fc.record({ lambda: numbers, p: numbers, score: numbers, effect: numbers, share: numbers, resolution: numbers }),
        text,
        (drawn, name) => {
          const found = findings({
            evidence: evidence({
              falseAlarmsPerDay: Math.abs(drawn.lambda),
              pValue: Math.abs(drawn.p),
              score: drawn.score,
              effect: drawn.effect,
            }),
            contributions: Array.from({ length: 20 }, (_, i) => ({
              feature: `${name}${i}`,
              share: drawn.share,
              sigma: drawn.share,
              value: drawn.share,
            })),
            bar: { ...bar, resolutionPerDay: Math.abs(drawn.resolution) },
          })
          for (const event of story({ ...source, stream: name, monitor: name }, found)) {
            const bytes = serialise(event)
            expect(bytes.length).toBeLessThan(65_536)
            expect(event.data.summary.length).toBeLessThan(1024)
            expect(bytes).not.toContain('null')
            if (event.data.kind !== 'record' && event.data.kind !== 'drift') throw new Error('not about records or drift')
            expect(event.data.evidence.falseAlarmsPerDay).toBeGreaterThan(0)
            expect(event.data.evidence.pValue).toBeGreaterThan(0)
            expect(event.data.evidence.resolutionPerDay).toBeGreaterThan(0)
            expect(event.data.summary).not.toMatch(/NaN|Infinity|undefined/)
          }
        },
      ),
    )
  })
})
