import type { AlertEvent, AnomalyData } from '../../alerts/event.js'
import { severities } from '../../alerts/severity.js'
import type { Judged, Subject } from '../../live/subject.js'
import { Ledger } from '../../pipelines/ledger.js'
import { newPartition, newStream, type Partition, type StreamState } from '../../pipelines/streams.js'

const shape = { d: 2, width: 0, window: { size: 8, hop: 8 }, detrend: 0 } as const

export const partitionOf = (): Partition => newPartition({ topic: 'records', partition: 0, revoked: false }, new Ledger(0), 0, 0)

/** Adds the streams to a partition. */
export function streamsOf(partition: Partition, names: readonly string[]): StreamState[] {
  return names.map((name) => {
    const state = newStream(name, shape, 0)
    partition.streams.set(name, state)
    return state
  })
}

/** A batch with one record of each stream at a time, as rare as told, judged by one detector whose limit is 2. */
export function batchOf(
  partition: Partition,
  states: readonly StreamState[],
  time: number,
  a: (stream: number) => number = () => -1,
): Judged {
  const n = states.length
  for (const { folded } of states) folded.count++
  const rarities = Float64Array.from({ length: n }, (_, i) => a(i))
  const none = { a: new Float64Array(0), detector: new Uint8Array(0), effect: new Float64Array(0) }
  return {
    partition,
    states,
    stateOf: Int32Array.from({ length: n }, (_, i) => i),
    n,
    d: 2,
    values: new Float64Array(2 * n),
    times: new Float64Array(n).fill(time),
    record: { a: rarities, detector: new Uint8Array(n), effect: new Float64Array(n) },
    drift: none,
    scores: [new Float32Array(n).fill(1)],
    windows: [],
    inAlarm: new Uint8Array(n),
  }
}

export const subject: Subject = {
  configVersion: 'c1',
  referenceVersion: 'r1',
  unit: 'records',
  provider: 'cpu',
  bar: {
    budgetPerDay: 1,
    bar: 0,
    k: 10,
    status: 'OK',
    likely: [0.5, 1.5],
    resolutionPerDay: 0.3,
    reachablePerDay: undefined,
    missingDays: 0,
    sentence: 'budget 1/day',
  },
  axis: { bar: 0, bands: [], resolution: 0.5 },
  scales: { record: [{ detector: 'gaussian', limit: 2 }], drift: [] },
  rowsPerDay: 1000,
  dispersion: 1,
  needed: 3,
  warmUp: 0,
  reference: undefined,
  deploys: undefined,
  file: 'driftwatch.yaml',
  pValue: () => 0.5,
  deviations: () => [
    { feature: 'memory', sigma: -3 },
    { feature: 'cpu', sigma: 1 },
  ],
}

/** An event of an alert about records. */
export function eventOf(stream: string, change: Partial<AnomalyData> = {}): AlertEvent {
  const { transition = 'opened', severity = severities[1] } = change
  const data: AnomalyData = {
    alertId: `alert of ${stream}`,
    dedupKey: `m/${stream}/record`,
    transition,
    reason: 'first_alarm',
    summary: `${stream}: anomalous records`,
    monitor: 'm',
    stream,
    kind: 'record',
    severity,
    peakSeverity: severity,
    severityReason: 'rarity',
    detectors: ['gaussian'],
    since: '2026-01-01T00:00:00.000Z',
    at: '2026-01-01T00:00:00.000Z',
    contributions: [],
    worst: [{ topic: 'records', partition: 0, offset: 7, time: '2026-01-01T00:00:00.000Z', score: 9 }],
    origin: { topic: 'records', partition: 0, offset: 7 },
    referenceVersion: 'r1',
    configVersion: 'c1',
    evidence: { falseAlarmsPerDay: 0.1, resolutionPerDay: 0.3, pValue: 0.01, score: 9, effect: 2, persistence: 0.1, severityScore: 1 },
    budgetPerDay: 1,
    calibration: 'OK',
    ...change,
  }
  return {
    specversion: '1.0',
    id: `${data.alertId}-1`,
    source: '/driftwatch/m',
    type: `io.driftwatch.alert.${transition}`,
    subject: stream,
    time: data.at,
    datacontenttype: 'application/json',
    data,
  }
}
