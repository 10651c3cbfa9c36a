import type { AlertData, AlertEvent } from './event.js'
import type { PageFacts, PageMatter } from './page-facts.js'

/** Names with what breaks JSON, markup and URLs, as anybody may choose them. */
const stream = 'a "b" \\ <c> & {{d}}/é'
const time = '2026-01-01T00:00:00.000Z'

const base = {
  alertId: '0123456789abcdef0123456789abcdef',
  dedupKey: `payments/${stream}/drift`,
  transition: 'opened',
  reason: 'first_alarm',
  summary: `${stream}: a sample`,
  monitor: 'payments',
  stream,
  severity: 'warning',
  peakSeverity: 'warning',
  severityReason: 'rarity',
  detectors: ['hotelling'],
  since: time,
  at: time,
  contributions: [],
  worst: [],
  origin: { topic: 'features', partition: 0, offset: 1 },
  referenceVersion: '0123456789abcdef',
  configVersion: '0123456789ab',
} as const satisfies Partial<AlertData>

const anomaly = {
  ...base,
  evidence: { falseAlarmsPerDay: 0.1, resolutionPerDay: 0.3, pValue: 0.001, score: 10, effect: 2, persistence: 0.5, severityScore: 1 },
  contributions: [{ feature: 'queue "depth"', share: 10, sigma: 4, value: 12 }],
  worst: [{ topic: 'features', partition: 0, offset: 1, time, score: 10 }],
  budgetPerDay: 1,
  calibration: 'OK',
} as const

const matters: readonly AlertData[] = [
  { ...anomaly, kind: 'record' },
  { ...anomaly, kind: 'drift' },
  { ...base, kind: 'feed', reason: 'data_missing', evidence: { trouble: 'data_missing', silenceLimit: 600 } },
  {
    ...base,
    kind: 'calibration',
    reason: 'calibration_off',
    budgetPerDay: 1,
    evidence: { trouble: 'calibration_off', finding: 'over', records: 1000, alerts: 9, allowed: 1, eValue: 100, inAlarm: 0, pegged: 0 },
  },
  {
    ...base,
    kind: 'adaptation',
    reason: 'adapted_far',
    evidence: { trouble: 'adapted_far', version: 3, heldOut: 0, distance: 2, farthest: 1 },
  },
]

const eventOf = (data: AlertData): AlertEvent => ({
  specversion: '1.0',
  id: `${data.alertId}-1`,
  source: `/driftwatch/${data.monitor}`,
  type: `io.driftwatch.alert.${data.transition}`,
  subject: data.stream,
  time: data.at,
  datacontenttype: 'application/json',
  data,
})

export interface SamplePage extends PageMatter {
  readonly key: string
}

/** A page of every kind of alert and transition, and of a storm, with names that break what does not escape them: for templates to be tried on. */
export const samplePages: readonly SamplePage[] = (['opened', 'escalated', 'resolved'] as const).flatMap((transition) => {
  const events = matters.map((data) => eventOf({ ...data, transition }))
  const [first, ...others] = events
  const page = { key: base.dedupKey, transition, severity: 'warning' } as const
  return [
    ...events.map((event) => ({ ...page, events: [event] as const })),
    { ...page, events: [first, ...others] as const, heldBack: 'a silence' },
  ]
})

/** What a monitor may know, and what it may lack. */
export const sampleFacts: readonly PageFacts[] = [
  {},
  {
    configFile: 'a b.yaml',
    fitted: { at: time, rows: 10, from: time, to: time },
    links: { dashboard: 'https://example.org/{stream}', runbook: 'https://example.org' },
  },
]
