import { z } from 'zod'
import { printable } from '../../alerts/names.js'
import type { PageFacts } from '../../alerts/page-facts.js'
import { cut, type PageText, pageText } from '../../alerts/page-text.js'
import type { PagerComponent } from '../component.js'
import { httpTimeout, httpUrl } from '../http/options.js'
import { json, postingPager } from '../http/posting-pager.js'
import { HttpTarget } from '../http/target.js'
import { secret } from '../options.js'
import type { Page } from '../pager.js'

const pagerDutyOptions = z.strictObject({
  routingKey: secret()
    .refine((key) => /^[A-Za-z0-9]{32}$/.test(key.reveal()), 'is not the 32 letters and digits of an Events API v2 integration key')
    .describe('Integration key of the service (Events API v2)'),
  url: httpUrl()
    .default('https://events.pagerduty.com/v2/enqueue')
    .describe('Where events are sent; in the EU region `https://events.eu.pagerduty.com/v2/enqueue`'),
  timeout: httpTimeout(),
})

const SUMMARY_LENGTH = 1024

/**
 * The event of a page (PagerDuty Events API v2). A trigger with the key of an open incident adds to its log: it neither opens it
 * again nor takes back that somebody has acknowledged it.
 */
export function pagerDutyEvent(page: Page, facts: PageFacts): Record<string, unknown> {
  if (page.transition === 'resolved') return { event_action: 'resolve', dedup_key: page.key }
  const text = pageText(page, facts)
  const [{ data }] = page.events
  const dashboard = text.links.find(({ label }) => label === 'Dashboard')
  return {
    event_action: 'trigger',
    dedup_key: page.key,
    payload: {
      summary: cut(text.headline, SUMMARY_LENGTH),
      source: data.monitor,
      severity: page.severity,
      timestamp: data.since,
      ...(page.events.length === 1 && { component: printable(data.stream), class: data.kind }),
      custom_details: details(text),
    },
    client: 'Driftwatch',
    ...(dashboard !== undefined && { client_url: dashboard.url }),
    links: text.links.map(({ label, url }) => ({ href: url, text: label })),
    // Others are refused.
    images: text.heatmap?.startsWith('https:') ? [{ src: text.heatmap, alt: 'Heatmap of the worst picture' }] : [],
  }
}

const details = ({ sections, explain }: PageText): Record<string, string> => ({
  ...Object.fromEntries(sections.map(({ label, lines }) => [label, lines.join('\n')])),
  ...(explain !== undefined && { Explain: explain }),
})

export const pagerDuty: PagerComponent<typeof pagerDutyOptions> = {
  type: 'pagerduty',
  title: 'PagerDuty: incidents of a service (Events API v2)',
  schema: pagerDutyOptions,
  updates: true,
  create({ routingKey, ...options }, facts) {
    const key = routingKey.reveal()
    const target = new HttpTarget({ sink: 'pagerduty', ...options, headers: {}, secrets: [key] })
    return postingPager('pagerduty', target, (page) => json({ routing_key: key, ...pagerDutyEvent(page, facts) }))
  },
}
