import type { AnomalyData, Contribution } from '../../alerts/event.js'
import type { Severity } from '../../alerts/severity.js'
import type { AlertView, LifeStep, MonitorView, StageView, StreamHistory, StreamRow, View } from '../../live/view.js'

/** Views of a made-up service, for the page alone. */

export const NOW = Date.parse('2026-03-11T14:30:00Z')
const START = NOW - 3 * 3_600_000
const MINUTE = 60_000
const features = ['memory', 'gc_pause', 'queue_depth', 'latency_p95', 'latency_p50', 'cpu', 'error_rate', 'requests_per_s']
const detectors = ['gaussian', 'near3', 'hotelling', 'covariance', 'distances']
const axis = { bar: 0, bands: [{ severity: 'warning', from: 1 }] as const, resolution: 1.2 }

/** Numbers between 0 and 1 that are the same in every run. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

const iso = (time: number): string => new Date(time).toISOString()

function contribution(feature: string, sigma: number, share: number, value: number): Contribution {
  return { feature, sigma, share, value }
}

/** An alert that opened so many minutes before NOW. */
export function alertOf(stream: string, severity: Severity, minutes: number, change: Partial<AnomalyData> = {}, open = true): AlertView {
  const since = NOW - minutes * MINUTE
  const at = open ? NOW : since + 40 * MINUTE
  const latest: AnomalyData = {
    alertId: `${stream}-${minutes}`,
    dedupKey: `demo/${stream}/drift`,
    transition: open ? 'updated' : 'resolved',
    reason: open ? 'ongoing' : 'cleared',
    summary: open
      ? `${stream}: drift still ${severity} after ${minutes} min: memory +4.7σ, gc_pause +2.6σ, requests_per_s −2σ; 4 times the limit`
      : `${stream}: drift over after 40 min, at worst ${severity}: back under the limit`,
    monitor: 'demo',
    stream,
    severity,
    peakSeverity: severity,
    severityReason: 'rarity',
    detectors: ['gaussian', 'hotelling'],
    since: iso(since),
    at: iso(at),
    kind: 'drift',
    contributions: [
      contribution('memory', 4.7, 11.2, 812.4),
      contribution('gc_pause', 2.6, 5.1, 41.8),
      contribution('requests_per_s', -2.1, 3.2, 287),
      contribution('latency_p95', 2, 2.4, 0.412),
      contribution('cpu', -0.6, 0.6, 0.31),
      contribution('queue_depth', 0.4, -0.9, 12),
    ],
    worst: [3, 2, 1].map((i) => ({
      topic: 'features',
      partition: i % 2,
      offset: 181_920 + 37 * i,
      id: `order-${8000 + i}`,
      time: iso(since + i * MINUTE),
      score: 40 + 3.3 * i,
    })),
    origin: { topic: 'features', partition: 0, offset: 182_031 },
    referenceVersion: 'r-3f9c21d0',
    configVersion: 'c-81aa0e',
    budgetPerDay: 1,
    calibration: 'OK',
    evidence: {
      falseAlarmsPerDay: 0.003,
      resolutionPerDay: 10 ** -1.2,
      pValue: 0.00021,
      score: 49.9,
      effect: 4,
      persistence: 0.83,
      severityScore: 2.4,
    },
    ...change,
  }
  return {
    latest,
    open,
    life: lifeOf(latest, since, at, open),
    explain: `driftwatch explain --config driftwatch.yaml --at features/0/181957`,
  }
}

function lifeOf({ stream, severity, summary }: AnomalyData, since: number, at: number, open: boolean): readonly LifeStep[] {
  const step = (transition: LifeStep['transition'], reason: LifeStep['reason'], level: Severity, time: number): LifeStep => ({
    transition,
    reason,
    severity: level,
    at: time,
    seen: time + 2300,
    summary: transition === 'escalated' ? `${stream}: drift raised to ${level}` : summary,
  })
  return [
    step('opened', 'first_alarm', 'info', since),
    step('escalated', 'stronger', 'warning', since + 3 * MINUTE),
    step('escalated', 'persisting', severity, since + 9 * MINUTE),
    step('updated', 'ongoing', severity, since + 18 * MINUTE),
    step('updated', 'ongoing', severity, since + 28 * MINUTE),
    ...(open ? [] : [step('resolved', 'cleared', severity, at)]),
  ]
}

export function row(name: string, change: Partial<StreamRow> = {}): StreamRow {
  const random = dice(name.length * 7919 + (name.codePointAt(name.length - 1) ?? 0))
  const spark = Array.from({ length: 24 }, () => -3.4 + 1.6 * random())
  return { name, status: 'quiet', kinds: [], records: 18_204, needed: 2000, seen: NOW - 1200, spark, ...change }
}

const stageNames = ['source', 'decode', 'detrend', 'score', 'window', 'calibrate', 'grade', 'deliver', 'commit']
const stages = (busiest: string, most: number): StageView[] =>
  stageNames.map((name, i) => ({ name, batchesPerSecond: 402.7, p99: 0.0004 * (i + 1), busy: name === busiest ? most : 0.04 + 0.01 * i }))

function histogram(seed: number, tilt = 0): number[] {
  const random = dice(seed)
  return Array.from({ length: 20 }, (_, i) => Math.round(900 + 60 * (random() - 0.5) + (i === 0 ? tilt : 0)))
}

export function monitorView(change: Partial<MonitorView> = {}): MonitorView {
  return {
    name: 'demo',
    configVersion: 'c-81aa0e',
    state: { is: 'watching' },
    unit: 'records',
    provider: 'cpu',
    axis,
    reference: {
      version: 'r-3f9c21d0',
      fittedAt: NOW - 6 * 86_400_000,
      rows: 241_920,
      days: 42,
      features,
      detectors,
      selfTest: 'passed',
      status: 'OK',
      sentence: 'budget 1/day, calibrated on 42 days: K=42 OK; true rate likely 0.76–1.3/day',
    },
    calibration: {
      askedPerDay: 1,
      alerts: 4,
      days: 3.6,
      seenPerDay: 1.1,
      interval: [0.4, 1.9],
      verdict: 'on budget',
      inAlarm: 0.031,
      pegged: 0,
    },
    pipeline: { recordsPerSecond: 412_300, records: 18_231_122, rejected: 12, lag: 0, inFlight: 0.34, stages: stages('score', 0.62) },
    pValues: detectors.map((detector, i) => ({ detector, counts: histogram(i + 1, i === 2 ? 500 : 0) })),
    period: [START, NOW],
    changes: [{ what: 'deploy', version: 'v42', note: 'rollout of v42', at: NOW - 62 * MINUTE }],
    streams: [],
    streamCount: 0,
    alerts: [],
    standing: [],
    alertCount: change.alerts?.length ?? 0,
    ...change,
  }
}

export const viewOf = (...monitors: readonly MonitorView[]): View => ({
  version: '0.1.0',
  startedAt: START,
  now: NOW,
  frozen: false,
  eventLoopDelay: 0.0021,
  monitors,
})

const over = (spark: readonly (number | null)[]): (number | null)[] => spark.map((a, i) => (i > 17 && a !== null ? 1.5 : a))

/** Three streams: one with an open alert, one quiet, one that is learning; and a stream that fell silent. */
export function fewStreams(): MonitorView {
  const payments = row('payments', { status: 'open', severity: 'error', kinds: ['drift'] })
  const streams = [
    { ...payments, spark: over(payments.spark) },
    row('batch-jobs', { status: 'no data', seen: NOW - 9 * MINUTE }),
    row('checkout-us', { status: 'learning', records: 312 }),
    row('checkout-eu'),
    row('search'),
  ]
  return monitorView({
    streams,
    streamCount: streams.length,
    alerts: [alertOf('payments', 'error', 38), alertOf('checkout-eu', 'warning', 150, {}, false)],
  })
}

export function quietMonitor(): MonitorView {
  const streams = ['checkout-eu', 'checkout-us', 'payments', 'search'].map((name) => row(name))
  const calibration = {
    askedPerDay: 1,
    alerts: 0,
    days: 0.125,
    seenPerDay: 0,
    interval: [0, 29] as const,
    verdict: 'too early' as const,
    inAlarm: 0,
    pegged: 0,
  }
  return monitorView({ streams, streamCount: streams.length, calibration })
}

/** So many streams; every hundredth has an open alert. */
export function manyStreams(n: number): MonitorView {
  const streams = Array.from({ length: n }, (_, i) =>
    i % 100 === 7
      ? row(`tenant-${i}`, { status: 'open', severity: i % 200 === 7 ? 'critical' : 'warning', kinds: ['record'] })
      : row(`tenant-${i}`),
  )
  const alerts = streams.filter(({ status }) => status === 'open').map(({ name, severity = 'info' }, i) => alertOf(name, severity, 10 + i))
  return monitorView({ streams, streamCount: n, alerts })
}

export const HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'

/** Names that try to become part of the page. */
export function hostileStreams(): MonitorView {
  const name = `${HOSTILE}\u202e`
  const worst = [{ topic: HOSTILE, partition: 0, offset: 1, id: HOSTILE, time: iso(NOW), score: 3 }]
  return monitorView({
    name: HOSTILE,
    streams: [row(name, { status: 'open', severity: 'critical', kinds: ['record'] })],
    streamCount: 1,
    period: [START, NOW],
    changes: [{ what: 'deploy', version: HOSTILE, at: NOW - 20 * MINUTE }],
    alerts: [alertOf(name, 'critical', 12, { contributions: [contribution(HOSTILE, 5, 3, 1)], worst, summary: HOSTILE })],
  })
}

/** The history of a stream; the last part of it drifts where an alert is about it. */
export function historyOf(
  stream: string,
  alerts: readonly AlertView[],
  { spans }: { readonly spans: number },
  now = NOW,
  monitor = 'demo',
): StreamHistory {
  const random = dice(stream.length * 104_729 + 1)
  const episodes = alerts
    .filter(({ latest }) => latest.stream === stream)
    .map(({ latest, open }) => ({
      alertId: latest.alertId,
      kind: latest.kind,
      severity: latest.peakSeverity,
      from: Date.parse(latest.since),
      ...(!open && { to: Date.parse(latest.at) }),
    }))
  const span = Math.max(1000, Math.round((3_600_000 * 3) / spans / 1000) * 1000)
  const times = Array.from({ length: spans }, (_, i) => now - (spans - i) * span)
  const ill = (time: number) => (episodes.some(({ from, to = now }) => time >= from && time <= to) ? 1 : 0)
  const wander = (amplitude: number) => amplitude * (random() + random() + random() - 1.5)
  const sigmas = (time: number, i: number) =>
    features.map((feature, f) => ({
      feature,
      sigma: Number(
        (wander(1.3) + ill(time) * [4.4, 2.6, 1.1, 1.9, 0.8, -1.2, 0.1, -2.1][f] * Math.min(1, (i % 997) / 400 + 0.4)).toFixed(2),
      ),
    }))
  return {
    monitor,
    stream,
    span,
    times,
    record: times.map((time) => -2.6 + wander(1.1) + 2.9 * ill(time) * random()),
    drift: times.map((time, i) => (i % 16 === 0 ? -1.9 + wander(0.8) + 3.9 * ill(time) : null)),
    effects: detectors.map((detector, d) => ({
      detector,
      values: times.map((time, i) => (d > 1 && i % 16 > 0 ? null : 0.4 + 0.25 * random() + ill(time) * (d === 2 ? 3.4 : 0.4) * random())),
    })),
    features: times.map((time, i) =>
      sigmas(time, i)
        .sort((one, other) => Math.abs(other.sigma) - Math.abs(one.sigma))
        .slice(0, 5),
    ),
    episodes,
  }
}
