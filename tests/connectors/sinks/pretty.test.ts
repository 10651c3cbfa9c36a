import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../../alerts/event.js'
import { pretty } from '../../../connectors/sinks/pretty.js'
import { painter } from '../../../telemetry/terminal.js'
import { sampleEvent } from '../../contract/sink-contract.js'

const plain = painter(false)

describe('the block on the terminal', () => {
  it('says when, how bad, where, why and how rare', () => {
    expect(pretty(sampleEvent(), plain)).toBe(
      [
        '2026-11-24 12:03:27  WARNING   opened     payments / tenant-7  drift',
        '    why     queue_depth ↑ 4.2σ (61 % of the score) · latency_p95 ↑ 2.1σ (22 %) · amount ↓ 0.9σ (9 %) · the rest 8 %',
        '    rarity  on clean data about once in 3 weeks · 1.8 times the limit',
        '',
      ].join('\n'),
    )
  })

  it('names the heatmap of the worst picture', () => {
    const { data } = sampleEvent()
    const heatmap = './heatmaps/heatmap-belt-camera_1-0-17-0123456789abcdef.png'
    const event = { ...sampleEvent(), data: { ...data, worst: [{ ...data.worst[0], heatmap }] } }
    expect(pretty(event, plain).split('\n')[3]).toBe(`    where   ${heatmap}`)
  })

  it('says what pulls the score down where the named features exceed it', () => {
    const { data } = sampleEvent()
    const contributions = [
      { feature: 'memory', share: 12, sigma: 2.1, value: 70, pValue: 0.00004 },
      { feature: 'gc_pause', share: -2, sigma: 2, value: 11 },
    ]
    const event = { ...sampleEvent(), data: { ...data, contributions, evidence: { ...data.evidence, score: 10 } } } as AlertEvent
    expect(pretty(event, plain)).toContain('why     memory ↑ 2.1σ p 0.00004 (120 % of the score) · the rest −20 %\n')
  })

  it('says that a feature has frozen', () => {
    const { data } = sampleEvent()
    const contributions = [{ feature: 'memory', share: 10, sigma: 0.03, spread: 0.02, value: 70 }]
    const event = { ...sampleEvent(), data: { ...data, contributions, evidence: { ...data.evidence, score: 10 } } } as AlertEvent
    expect(pretty(event, plain)).toContain('why     memory spread ×0.02 (100 % of the score)\n')
  })

  it('gives no parts of the score where the detector knows no features', () => {
    const event = sampleEvent('alert-1/1', {
      contributions: [
        { feature: 'memory', share: 4, sigma: 2.7, value: 71.8 },
        { feature: 'cpu', share: 4, sigma: -0.1, value: 52 },
      ],
    })
    expect(pretty(event, plain)).toContain('why     memory ↑ 2.7σ · cpu ↓ 0.1σ\n')
  })

  it('says why and after what time an alert changed', () => {
    const event = sampleEvent('x', { transition: 'escalated', reason: 'more_detectors', severity: 'error', at: '2026-11-24T12:15:27.000Z' })
    expect(pretty(event, plain).split('\n')[0]).toBe(
      '2026-11-24 12:15:27  ERROR     escalated  payments / tenant-7  drift  (more detectors, after 12 min)',
    )
  })

  it('ends an alert with its summary', () => {
    const event = sampleEvent('x', { transition: 'resolved', reason: 'cleared', summary: 'tenant-7: drift over' })
    expect(pretty(event, plain).split('\n')[1]).toBe('    what    tenant-7: drift over')
  })

  it('shows trouble with the feed by its summary', () => {
    const { data } = sampleEvent()
    const feed: AlertEvent = {
      ...sampleEvent(),
      data: {
        ...data,
        kind: 'feed',
        reason: 'data_missing',
        summary: 'tenant-7: no data for more than 5 min',
        contributions: [],
        evidence: { trouble: 'data_missing', silenceLimit: 300 },
      },
    }
    expect(pretty(feed, plain)).toContain('tenant-7  feed\n    what    tenant-7: no data for more than 5 min\n')
  })

  it('never lets a name move the cursor, break a line or reorder text', () => {
    const name = fc.string({ unit: 'binary', maxLength: 100 })
    fc.assert(
      fc.property(name, name, name, (stream, feature, summary) => {
        const contributions = [{ feature, share: 1, sigma: 1, value: 1 }]
        for (const transition of ['opened', 'resolved'] as const) {
          const text = pretty(sampleEvent('x', { stream, summary, contributions, transition }), plain)
          expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u)
          expect(text.split('\n')).toHaveLength(transition === 'opened' ? 4 : 3)
        }
      }),
    )
  })

  it('shows an escape where one was tried', () => {
    expect(pretty(sampleEvent('x', { stream: '\u001b[2J' }), plain)).toContain('payments / \\u001b[2J')
  })
})
