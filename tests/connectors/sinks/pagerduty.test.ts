import { describe, expect, it } from 'vitest'
import { pagerDuty, pagerDutyEvent } from '../../../connectors/sinks/pagerduty.js'
import { sampleEvent } from '../../contract/sink-contract.js'
import { samplePage } from '../../kit/paging.js'

const facts = { links: { dashboard: 'https://grafana.example.org/{stream}', runbook: 'https://wiki.example.org/{kind}' } }

describe('an event for PagerDuty', () => {
  it('has the severity as it is, all that a page says, and the links', () => {
    const worst = [
      { topic: 'a', partition: 0, offset: 1, time: '2026-11-24T12:03:27.000Z', score: 1, heatmap: 'https://pictures.example.org/a.png' },
    ]
    expect(pagerDutyEvent(samplePage({ severity: 'critical', events: [sampleEvent('id', { worst })] }), facts)).toEqual({
      event_action: 'trigger',
      dedup_key: 'payments/tenant-7/drift',
      payload: {
        summary: 'CRITICAL: drift of tenant-7 (payments): queue_depth +4.2σ (61 % of the score), now 812',
        source: 'payments',
        severity: 'critical',
        timestamp: '2026-11-24T12:03:27.000Z',
        component: 'tenant-7',
        class: 'drift',
        custom_details: expect.objectContaining({
          Why: 'queue_depth +4.2σ (61 % of the score), now 812\nlatency_p95 +2.1σ (22 % of the score), now 0.31\namount −0.9σ (9 % of the score), now 18',
          Explain: 'driftwatch explain --config FILE --monitor payments --at a/0/1',
        }),
      },
      client: 'Driftwatch',
      client_url: 'https://grafana.example.org/tenant-7',
      links: [
        { href: 'https://grafana.example.org/tenant-7', text: 'Dashboard' },
        { href: 'https://wiki.example.org/drift', text: 'Runbook' },
      ],
      images: [{ src: 'https://pictures.example.org/a.png', alt: 'Heatmap of the worst picture' }],
    })
  })

  it('is of one incident through the whole life of an alert, which it never acknowledges or opens anew', () => {
    const actions = (['opened', 'escalated', 'updated', 'resolved'] as const).map((transition) =>
      pagerDutyEvent(samplePage({ transition }), facts),
    )
    expect(actions.map(({ event_action }) => event_action)).toEqual(['trigger', 'trigger', 'trigger', 'resolve'])
    expect(new Set(actions.map(({ dedup_key }) => dedup_key))).toEqual(new Set(['payments/tenant-7/drift']))
  })
})

it('refuses what is no integration key without quoting it', () => {
  const issues = pagerDuty.schema.safeParse({ routingKey: 'canary' }).error?.issues ?? []
  expect(issues.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'routingKey: is not the 32 letters and digits of an Events API v2 integration key',
  ])
})
