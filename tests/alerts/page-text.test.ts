import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AlertData, AlertEvent } from '../../alerts/event.js'
import type { PageFacts } from '../../alerts/page-facts.js'
import { samplePages } from '../../alerts/page-samples.js'
import { pageText, plainText } from '../../alerts/page-text.js'
import { sampleEvent } from '../contract/sink-contract.js'
import { hostilePage, samplePage } from '../kit/paging.js'

const facts: PageFacts = {
  configFile: 'prod/driftwatch.yaml',
  fitted: { at: '2026-11-09T07:00:00.000Z', rows: 2000, from: '2026-11-01T00:00:00.000Z', to: '2026-11-08T00:00:00.000Z' },
  links: { dashboard: 'https://grafana.example.org/d?var-stream={stream}', runbook: 'https://wiki.example.org/{kind}#{severity}' },
}
const drift = (changes: Parameters<typeof sampleEvent>[1] = {}) => sampleEvent('alert-1/2', changes)
const lines = (...page: Parameters<typeof samplePage>) => plainText(pageText(samplePage(...page), facts)).split('\n')

describe('what a page says', () => {
  it('answers in the order in which a person asks', () => {
    const event = drift({
      transition: 'escalated',
      reason: 'stronger',
      severity: 'error',
      since: '2026-11-24T11:49:27.000Z',
      evidence: {
        falseAlarmsPerDay: 1 / 21,
        resolutionPerDay: 0.01,
        pValue: 1e-5,
        score: 50,
        effect: 1.8,
        persistence: 0.625,
        severityScore: 2.1,
        deploy: {
          version: '1.4.2',
          note: 'new price model',
          at: '2026-11-24T11:43:27.000Z',
          ago: 1200,
          openedBefore: false,
          jump: { effect: 1.3, pValue: 0.0002, found: true },
        },
      },
    })
    expect(lines({ transition: 'escalated', severity: 'error', events: [event] })).toEqual([
      'ERROR (raised): drift of tenant-7 (payments)',
      'What            The stream as a whole has moved away from the reference, seen by hotelling; raised to error: stronger',
      'Since           2026-11-24 11:49:27 UTC, for 14 min',
      'How sure        p 0.00001; on clean data 0.048 false alarms a day as strong as this, about once in 3 weeks; the budget is 1 a day',
      '                8 of the last 12 evaluations over the limit',
      'How big         1.8 times the limit; severity score 2.1 of 4, mostly for its rarity',
      'Why             queue_depth +4.2σ (61 % of the score), now 812',
      '                latency_p95 +2.1σ (22 % of the score), now 0.31',
      '                amount −0.9σ (9 % of the score), now 18',
      'Changed lately  20 min after deploy 1.4.2, the scores jumped there by +1.3σ (p 0.0002): new price model',
      'Worst records   features/2/18231 at 2026-11-24 12:03:27 UTC, score 50',
      'Reference       r1, fitted at 2026-11-09 07:00:00 UTC on 2,000 records of 2026-11-01 00:00:00 UTC to 2026-11-08 00:00:00 UTC; configuration c1',
      'Explain         driftwatch explain --config prod/driftwatch.yaml --monitor payments --at features/2/18231',
      'Dashboard       https://grafana.example.org/d?var-stream=tenant-7',
      'Runbook         https://wiki.example.org/drift#error',
    ])
  })

  it('names the reference and the configuration that took the place of others of late, and no older ones', () => {
    const at = (day: number) => Date.UTC(2026, 10, day, 12)
    const changes = () => [
      { what: 'reference', before: 'r0', version: 'r1', at: at(9) } as const,
      { what: 'configuration', before: 'c0', version: 'c1', at: at(24) } as const,
    ]
    const told = pageText(samplePage({ events: [drift({ since: '2026-11-24T11:49:27.000Z' })] }), { ...facts, changes })
    expect(told.sections.find(({ topic }) => topic === 'changed')?.lines).toEqual([
      'configuration c1 since 2026-11-24 12:00:00 UTC, in place of c0',
    ])
  })

  it('gives no parts of the score where the detector knows no features', () => {
    const contributions = [
      { feature: 'memory', share: 4, sigma: 2.7, value: 71.8 },
      { feature: 'cpu', share: 4, sigma: -0.1, value: 52 },
    ]
    expect(lines({ events: [drift({ contributions })] }).filter((line) => line.includes('σ'))).toEqual([
      'Why             memory +2.7σ, now 72',
      '                cpu −0.1σ, now 52',
    ])
  })

  it('says "fewer than" where the reference cannot tell how rare it is', () => {
    const evidence = {
      falseAlarmsPerDay: 1e-9,
      resolutionPerDay: 0.3,
      pValue: 1e-9,
      score: 50,
      effect: 3,
      persistence: 1,
      severityScore: 3,
    }
    expect(lines({ events: [drift({ evidence, calibration: 'REFUSED' })] }).slice(3, 6)).toEqual([
      'How sure        p 1e-9; on clean data fewer than 0.3 false alarms a day as strong as this (the reference cannot tell how many fewer); the budget is 1 a day',
      '                12 of the last 12 evaluations over the limit',
      '                unbudgeted: the reference was refused, so the rate means little',
    ])
  })

  it('is short at the end', () => {
    const summary = 'tenant-7: drift over after 14 min, at worst error: back under the limit'
    const event = drift({ transition: 'resolved', reason: 'cleared', summary, contributions: [], worst: [] })
    const all = lines({ transition: 'resolved', events: [event] })
    expect(all.slice(0, 5)).toEqual([
      'RESOLVED: drift of tenant-7 (payments)',
      'What            tenant-7: drift over after 14 min, at worst error: back under the limit',
      'Since           2026-11-24 12:03:27 UTC',
      'Changed lately  nothing known',
      'Reference       r1, fitted at 2026-11-09 07:00:00 UTC on 2,000 records of 2026-11-01 00:00:00 UTC to 2026-11-08 00:00:00 UTC; configuration c1',
    ])
  })

  it('does not say twice in its headline which stream, and what', () => {
    const headline = (summary: string, changes: Parameters<typeof drift>[0] = {}) =>
      pageText(samplePage({ transition: 'resolved', events: [drift({ transition: 'resolved', summary, ...changes })] }), facts).headline
    expect(headline('tenant-7: drift over after 3 h, at worst error')).toBe(
      'RESOLVED: drift of tenant-7 (payments): over after 3 h, at worst error',
    )
    expect(headline('tenant-7: anomalous records over after 3 h', { kind: 'record' })).toBe(
      'RESOLVED: anomalous records in tenant-7 (payments): over after 3 h',
    )
    expect(headline('another: drift over')).toBe('RESOLVED: drift of tenant-7 (payments): another: drift over')
  })

  it('calls a reference changed lately that was fitted within a day of the alert, by the clock', () => {
    const at = '2026-11-24T12:03:27.000Z'
    const changedLately = (fittedAt: string | undefined) =>
      pageText(samplePage({ events: [drift({ since: at, at })] }), { fitted: { at: fittedAt, rows: 10 } }).sections.find(
        ({ topic }) => topic === 'changed',
      )?.lines
    expect(changedLately('2026-11-24T07:00:00.000Z')).toEqual(['reference fitted at 2026-11-24 07:00:00 UTC'])
    expect(changedLately('2026-11-24T13:00:00.000Z')).toEqual(['reference fitted at 2026-11-24 13:00:00 UTC'])
    for (const long of ['2026-11-23T12:00:00.000Z', '2026-11-26T00:00:00.000Z', undefined])
      expect(changedLately(long)).toEqual(['nothing known'])
  })

  it('does not call an alert common that a calm record has lowered', () => {
    const event = drift({
      transition: 'updated',
      reason: 'lowered',
      contributions: [],
      summary: 'tenant-7: drift down to info: calmer now',
    })
    expect(pageText(samplePage({ transition: 'updated', events: [event] }), facts).sections.map(({ topic }) => topic)).toEqual([
      'what',
      'since',
      'changed',
      'worst',
      'reference',
    ])
  })

  it('dates a drift by its chart, and compares with the past where there is no reference', () => {
    const base = { falseAlarmsPerDay: 0.1, resolutionPerDay: 0.01, pValue: 0.01, score: 5, effect: 2, persistence: 1, severityScore: 1 }
    const chart = { name: 'cusum', detector: 'hotelling', value: 9, risingSince: '2026-11-24T10:00:00.000Z', risingSinceOffset: 1 } as const
    expect(lines({ events: [drift({ evidence: { ...base, chart } })] })).toContain(
      '                rising since 2026-11-24 10:00:00 UTC (cusum of hotelling)',
    )
    const ownPast = { records: 2000, moments: 300, view: 'level', nearest: '2026-11-20T00:00:00.000Z' } as const
    const text = plainText(pageText(samplePage({ events: [drift({ kind: 'record', evidence: { ...base, ownPast } })] }), {}))
    expect(text).toContain("What            Unlike anything in this stream's own past")
    expect(text).toContain("is unlike anything in this stream's last 2,000 records")
    expect(text).toContain('--config FILE')
  })

  it.each([
    ['feed', 'no data from'],
    ['calibration', 'budget not held in'],
    ['adaptation', 'reference adapted far for'],
  ] as const)('tells of trouble of kind %s in its own words', (kind, words) => {
    const page = samplePages.find(
      ({ events, transition }) => events.length === 1 && events[0].data.kind === kind && transition === 'opened',
    )
    const { title, sections } = pageText(page ?? samplePages[0], facts)
    expect(title).toMatch(new RegExp(`^WARNING: ${words} `))
    expect(sections[0].lines).toEqual([page?.events[0].data.summary])
  })

  it('makes one page of a storm, with what its alerts have in common', () => {
    const one = (i: number): AlertEvent =>
      drift({ stream: `camera-${i}`, severity: i < 3 ? 'critical' : 'warning', since: `2026-11-24T12:03:${10 + (i % 40)}.000Z` })
    const [first, ...others] = Array.from({ length: 500 }, (_, i) => one(i))
    const page = samplePage({ severity: 'critical', events: [first, ...others], heldBack: 'quiet hours' })
    const text = pageText(page, facts)
    expect(text.headline).toBe('CRITICAL: 500 alerts in 500 streams (payments): 3 critical, 497 warning')
    const by = Object.fromEntries(text.sections.map(({ label, lines }) => [label, lines]))
    expect(by).toMatchObject({
      What: [expect.anything(), '500 drift'],
      Since: ['2026-11-24 12:03:10 UTC'],
      'How big': ['camera-0, the strongest: 1.8 times the limit'],
      Why: ['queue_depth: strongest in 500 of 500'],
      'Worst records': ['features/2/18231 at 2026-11-24 12:03:27 UTC, score 50'],
      'Held back': ['quiet hours'],
    })
    expect(by.Streams).toHaveLength(21)
    expect(by.Streams.at(0)).toBe('camera-0: critical drift, queue_depth +4.2σ')
    expect(by.Streams.at(-1)).toBe('and 480 more')
  })

  it('quotes for a shell what a shell would obey', () => {
    const event = drift({ worst: [{ topic: "it's; rm -rf $HOME", partition: 0, offset: 1, time: '2026-11-24T12:03:27.000Z', score: 1 }] })
    const { explain } = pageText(samplePage({ events: [event] }), { configFile: 'my file.yaml' })
    expect(explain).toBe(`driftwatch explain --config 'my file.yaml' --monitor payments --at 'it'\\''s; rm -rf $HOME/0/1'`)
  })

  it('links to a heatmap that has a URL, not to a file', () => {
    const heatmapOf = (heatmap: string) =>
      pageText(
        samplePage({
          events: [drift({ worst: [{ topic: 'a', partition: 0, offset: 1, time: '2026-11-24T12:03:27.000Z', score: 1, heatmap }] })],
        }),
        {},
      ).heatmap
    expect(heatmapOf('https://x.example.org/a b.png')).toBe('https://x.example.org/a%20b.png')
    expect(heatmapOf('/var/heatmaps/a.png')).toBeUndefined()
    expect(heatmapOf('javascript:alert(1)')).toBeUndefined()
  })

  it('is lines of printable text, whatever the names are', () => {
    fc.assert(
      fc.property(hostilePage, (page) => {
        const text = pageText(page, facts)
        const all = [
          text.title,
          text.headline,
          text.explain ?? '',
          ...text.sections.flatMap(({ lines }) => lines),
          ...text.links.map(({ url }) => url),
        ]
        for (const line of all) expect(line).not.toMatch(/[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/u)
        for (const { url } of text.links) expect(new URL(url).host).toMatch(/example\.org$/)
        for (const { lines } of text.sections) expect(lines).not.toEqual([])
      }),
      { numRuns: 60 },
    )
  })

  it('knows every field that samples may leave out', () => {
    const kinds: readonly AlertData['kind'][] = ['record', 'drift', 'feed', 'calibration', 'adaptation']
    expect(new Set(samplePages.flatMap(({ events }) => events.map(({ data }) => data.kind)))).toEqual(new Set(kinds))
  })
})
