import type { AlertEvent } from './event.js'
import { printable } from './names.js'
import type { PageFacts, PageMatter } from './page-facts.js'
import type { PageTopic } from './page-sections.js'
import { type PageText, pageText, plainText } from './page-text.js'

/** Alerts of a storm that templates can list. */
const LISTED = 100

/** What a template may name. Text that the page does not have is empty. */
export interface PageVariables extends Readonly<Record<PageTopic, string>> {
  readonly key: string
  readonly transition: string
  readonly severity: string
  readonly title: string
  readonly headline: string
  /** The whole page. */
  readonly text: string
  readonly sections: readonly { readonly label: string; readonly text: string }[]
  readonly monitor: string
  readonly stream: string
  readonly kind: string
  readonly summary: string
  /** Data time, ISO 8601. */
  readonly opened: string
  readonly at: string
  readonly heldBack: string
  readonly explain: string
  readonly dashboard: string
  readonly runbook: string
  readonly heatmap: string
  /** How many alerts it is about, and the first 100 of them. */
  readonly count: number
  readonly alerts: readonly Readonly<
    Record<'alertId' | 'dedupKey' | 'monitor' | 'stream' | 'kind' | 'severity' | 'summary' | 'since', string>
  >[]
}

export function pageVariables(page: PageMatter & { readonly key: string }, facts: PageFacts): PageVariables {
  const text = pageText(page, facts)
  const [{ data }] = page.events
  return {
    ...topics(text),
    key: page.key,
    transition: page.transition,
    severity: page.severity,
    title: text.title,
    headline: text.headline,
    text: plainText(text),
    sections: text.sections.map(({ label, lines }) => ({ label, text: lines.join('\n') })),
    monitor: data.monitor,
    stream: printable(data.stream),
    kind: data.kind,
    summary: data.summary,
    opened: data.since,
    at: data.at,
    heldBack: page.heldBack ?? '',
    explain: text.explain ?? '',
    dashboard: text.links.find(({ label }) => label === 'Dashboard')?.url ?? '',
    runbook: text.links.find(({ label }) => label === 'Runbook')?.url ?? '',
    heatmap: text.heatmap ?? '',
    count: page.events.length,
    alerts: page.events.slice(0, LISTED).map(listed),
  }
}

const listed = ({ data: { alertId, dedupKey, monitor, stream, kind, severity, summary, since } }: AlertEvent) => ({
  alertId,
  dedupKey,
  monitor,
  stream: printable(stream),
  kind,
  severity,
  summary,
  since,
})

function topics({ sections }: PageText): Record<PageTopic, string> {
  const of = (topic: PageTopic) => sections.find((section) => section.topic === topic)?.lines.join('\n') ?? ''
  return {
    what: of('what'),
    since: of('since'),
    sure: of('sure'),
    size: of('size'),
    why: of('why'),
    changed: of('changed'),
    worst: of('worst'),
    streams: of('streams'),
    reference: of('reference'),
  }
}
