import { pointModel } from '../../alerts/severity-model.js'
import type { BudgetBar } from '../../calibration/calibration.js'
import { ArrayMemory } from '../../connectors/array-memory.js'
import type { RecordDetector, WindowDetector } from '../../detectors/detector.js'
import { place } from '../../detectors/window-sums.js'
import { attribution } from '../../kinds/attribution.js'
import { plainMap } from '../../kinds/feature-map.js'
import type { Calibrated, Rarity } from '../../pipelines/batch.js'
import { byReference } from '../../pipelines/contributions.js'
import type { FindingsOptions } from '../../pipelines/findings.js'
import type { GradeOptions } from '../../pipelines/grade.js'
import { newStream, type Partition } from '../../pipelines/streams.js'
import { shape } from './builders.js'

export const bar: BudgetBar = {
  budgetPerDay: 1,
  bar: 0,
  k: 8,
  status: 'OK',
  likely: [0.5, 2],
  resolutionPerDay: 3 / 8,
  reachablePerDay: undefined,
  missingDays: 0,
  sentence: '',
}

/** Two features, around 10 and 20, with standard deviations 1 and 2. */
const whitening = {
  n: 100,
  d: 2,
  mean: Float64Array.of(10, 20),
  scale: Float64Array.of(1, 2),
  active: [true, true],
  root: { d: 2, lower: Float64Array.of(1, 0, 0, 1), inverse: Float64Array.of(1, 0, 0, 1) },
  method: 'ledoit-wolf',
  shrinkage: 0,
  ridge: 0,
  condition: 1,
  logDet: 0,
} as const

const scale = (detector: string, limit: number) => ({ detector, limit, decades: () => 0 })

export const findings: FindingsOptions = {
  monitor: 'watch',
  configVersion: 'c1',
  referenceVersion: 'r1',
  bar,
  severityModel: pointModel,
  policies: {
    record: { lowerAfter: 100, updateEvery: 60_000 },
    drift: { lowerAfter: 100, updateEvery: 60_000 },
    feed: { lowerAfter: 1, updateEvery: 60_000 },
    calibration: { lowerAfter: 1, updateEvery: 60_000 },
    adaptation: { lowerAfter: 1, updateEvery: 60_000 },
  },
  farthest: 1,
  scales: { record: [scale('gaussian', 10), scale('other', 5)], drift: [scale('hotelling', 20)] },
  pValue: (detector, score) => (detector === 'gaussian' ? 1 / (1 + score) : 1),
}

/** What was explained, in its order. */
export const explained: string[] = []

const fitted = { scalars: {}, tensors: {} }
const recordDetector = (name: string): RecordDetector => ({
  name,
  title: '',
  kind: 'record',
  fit: async () => fitted,
  graph: () => '',
  score: () => 0,
  explain: (_fitted, _whitening, row) => {
    explained.push(`${name} ${row}`)
    return [...row].map((sigma, index) => ({ index, share: sigma * sigma, sigma }))
  },
})
const windowDetector: WindowDetector = {
  name: 'hotelling',
  title: '',
  kind: 'window',
  fit: async () => fitted,
  score: () => 0,
  explain: (_fitted, _whitening, { z, m }) => {
    explained.push(`hotelling ${z} of ${m}`)
    return [{ index: 1, share: 3, sigma: z[1] / m }]
  },
}

/** Fires above a = 0; an alert ends after two evaluations below. */
export const grading: GradeOptions = {
  ...findings,
  memory: new ArrayMemory(),
  alarm: {
    bar: bar.bar,
    logic: { record: { k: 1, n: 1, gap: 2 }, drift: { k: 1, n: 1, gap: 2 } },
    relativeClearing: false,
    decay: 0,
  },
  budget: undefined,
  rejects: { block: 4, blocks: 1, high: 0.5, normal: 0.25, severe: 1 },
  silenceLimit: 60,
  warmUp: 0,
  explain: byReference({
    plain: true,
    attribute: attribution(plainMap(['amount', 'latency']), whitening),
    whitening,
    labels: undefined,
    charts: undefined,
    record: [recordDetector('gaussian'), recordDetector('other')].map((detector) => ({ detector, fitted })),
    windows: place(2, [{ detector: windowDetector, fitted }]),
  }),
}

export interface RowSketch {
  readonly stream: string
  /** Rarity in decades; above 0 fires. */
  readonly a?: number
  /** Score over limit; 2 when it fires, else 0.5. */
  readonly effect?: number
  readonly detector?: number
  readonly values?: readonly [number, number]
  readonly id?: string
  readonly time?: number
  /** A window that becomes due with the row. */
  readonly drift?: { readonly a: number; readonly effect?: number; readonly sum?: readonly [number, number] }
}

export const start = Date.UTC(2026, 0, 1)

/** A batch of the partition's next records, a second apart, with the streams' states of the partition. `rejected`: offsets beside the rows'. */
export function calibratedOf(partition: Partition, rows: readonly RowSketch[], rejected: readonly number[] = []): Calibrated {
  const n = rows.length
  const first = partition.end
  const taken = new Set(rejected)
  const offsets = Float64Array.from(Array.from({ length: n + rejected.length }, (_, i) => first + i).filter((offset) => !taken.has(offset)))
  const names = [...new Set(rows.map(({ stream }) => stream))]
  const states = names.map((name) => partition.streams.get(name) ?? newStream(name, shape, 0))
  for (const state of states) partition.streams.set(state.name, state)
  const times = Float64Array.from(rows, ({ time }, i) => time ?? start + 1000 * offsets[i])
  const letters = rejected.map((offset) => ({
    origin: { topic: 'input', partition: 0, offset },
    reason: 'empty' as const,
    detail: '',
    timestamp: start + 1000 * offset,
    key: null,
    value: null,
  }))
  const due = rows.flatMap(({ drift }, row) => (drift === undefined ? [] : [{ row, drift }]))
  partition.end = first + n + rejected.length
  return {
    partition,
    n,
    d: 2,
    values: Float64Array.from(rows.flatMap(({ values }) => values ?? [0, 0])),
    states,
    stateOf: Int32Array.from(rows, ({ stream }) => names.indexOf(stream)),
    times,
    offsets,
    ids: rows.map(({ id }) => id),
    rejected: letters,
    arrivals: { n, lost: 0, offsets, times, rejected: letters },
    end: partition.end,
    arrived: 0,
    release: () => undefined,
    clock: start,
    clocks: states.map(() => start),
    trends: states.map(() => undefined),
    adapted: [],
    scores: findings.scales.record.map(({ limit }) => Float32Array.from(rows, ({ a = -1, effect = a > 0 ? 2 : 0.5 }) => effect * limit)),
    segments: [],
    sums: new Float64Array(0),
    windows: due.map(({ row, drift }) => ({ row, sums: { lengths: [4], sums: Float64Array.from(drift.sum ?? [0, 0]) }, scores: [0] })),
    record: rarityOf(rows.map(({ a = -1, effect, detector = 0 }) => ({ a, effect, detector }))),
    drift: rarityOf(due.map(({ drift: { a, effect } }) => ({ a, effect, detector: 0 }))),
  }
}

const rarityOf = (rows: readonly { readonly a: number; readonly effect: number | undefined; readonly detector: number }[]): Rarity => ({
  a: Float64Array.from(rows, ({ a }) => a),
  effect: Float64Array.from(rows, ({ a, effect }) => effect ?? (a > 0 ? 2 : 0.5)),
  detector: Uint8Array.from(rows, ({ detector }) => detector),
})
