import type { AlertEvent } from '../../alerts/event.js'
import { printable } from '../../alerts/names.js'
import type { PageFacts } from '../../alerts/page-facts.js'
import { linksOf } from '../../alerts/page-links.js'
import { pageText, plainText } from '../../alerts/page-text.js'
import type { AlertKind } from '../../alerts/severity.js'
import type { StandingAlert } from '../sink.js'

type Texts = Readonly<Record<string, string>>

/** An alert as an Alertmanager knows it: its labels are what it is, whatever else changes. */
export interface LabelledAlert {
  readonly labels: Texts
  readonly annotations: Texts
  /** ms since the epoch, data time. */
  readonly since: number
  readonly generatorURL: string | undefined
}

/** As posted at a time: it fires until `endsAt`, or ended then (ms since the epoch). */
export interface Posting {
  readonly alert: LabelledAlert
  readonly endsAt: number
}

const alertNames: Readonly<Record<AlertKind, string>> = {
  record: 'DriftwatchRecords',
  drift: 'DriftwatchDrift',
  feed: 'DriftwatchFeed',
  calibration: 'DriftwatchCalibration',
  adaptation: 'DriftwatchAdaptation',
}

/** The severity is the highest so far, which only rises: each change makes another alert of it. */
const labelsOf = ({ monitor, stream, kind, peakSeverity }: StandingAlert, own: Texts): Texts => ({
  ...own,
  alertname: alertNames[kind],
  monitor: printable(monitor),
  stream: printable(stream),
  kind,
  severity: peakSeverity,
})

export function alertOf(event: AlertEvent, facts: PageFacts, own: Texts): LabelledAlert {
  const { data } = event
  const { transition, severity } = data
  const text = pageText({ transition, severity, events: [event] }, facts)
  const sections = text.sections.map(({ topic, lines }) => [topic, lines.join('\n')] as const)
  const annotations = {
    summary: text.headline,
    description: plainText(text),
    ...Object.fromEntries(sections),
    ...(text.explain !== undefined && { explain: text.explain }),
    severity_now: severity,
  }
  return labelled(data, annotations, facts, own)
}

/** What can be said of an alert whose events were posted before a restart, until its next one comes. */
export const standingAlertOf = (standing: StandingAlert, facts: PageFacts, own: Texts): LabelledAlert =>
  labelled(
    standing,
    {
      summary: `${standing.severity.toUpperCase()}: ${standing.kind} alert of ${printable(standing.stream)} (${standing.monitor}) is still open`,
      description: `Open since ${standing.since}, at worst ${standing.peakSeverity}. Driftwatch was started again; its next event says more.`,
      severity_now: standing.severity,
    },
    facts,
    own,
  )

function labelled(data: StandingAlert, annotations: Texts, { links = {} }: PageFacts, own: Texts): LabelledAlert {
  const at = linksOf(links, data)
  const dashboard = at.find(({ label }) => label === 'Dashboard')?.url
  const runbook = at.find(({ label }) => label === 'Runbook')?.url
  return {
    labels: labelsOf(data, own),
    annotations: {
      ...Object.fromEntries(Object.entries(annotations).map(([name, text]) => [name, tame(text)])),
      alert_id: data.alertId,
      ...(dashboard !== undefined && { dashboard_url: dashboard }),
      ...(runbook !== undefined && { runbook_url: runbook }),
    },
    since: Date.parse(data.since),
    generatorURL: dashboard,
  }
}

/** Receivers behind an Alertmanager put annotations into markup of their own, often as they are: Slack's mentions, HTML, templates. */
const tame = (text: string): string => text.replaceAll('<', '‹').replaceAll('>', '›').replaceAll('{{', '{ {')

/** The body of `POST /api/v2/alerts`. An alert must not end before it starts, and data may be ahead of the clock. */
export const bodyOf = (postings: readonly Posting[], now: number): string =>
  JSON.stringify(
    postings.map(({ alert: { labels, annotations, since, generatorURL }, endsAt }) => ({
      labels,
      annotations,
      startsAt: iso(Math.min(since, now, endsAt)),
      endsAt: iso(endsAt),
      generatorURL,
    })),
  )

const iso = (ms: number): string => new Date(ms).toISOString()
