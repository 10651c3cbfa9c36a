import type { Message } from 'kafkajs'
import { normals } from '../detectors/samples.js'

/** Made-up but realistic input: streams of correlated features at one record per `interval`, some of them with faults. */

export const features = ['amount', 'latency', 'queue', 'errors'] as const
export type Feature = (typeof features)[number]

const means: Record<Feature, number> = { amount: 100, latency: 20, queue: 5, errors: 1 }
const scales: Record<Feature, number> = { amount: 15, latency: 4, queue: 2, errors: 0.5 }

/** Time between two records of a stream, ms. With it 6,000 rows of 6 streams are about a day. */
const interval = 86_400
const start = Date.UTC(2026, 2, 1)

export interface Vector {
  readonly stream: string
  /** ms since the epoch. */
  readonly time: number
  readonly values: readonly number[]
}

/** Moves one feature of one stream by so many sigma, for `count` of its records from its record `from` on. */
export interface Fault {
  readonly stream: number
  readonly feature: Feature
  readonly from: number
  readonly count: number
  readonly sigma: number
}

export interface ScenarioOptions {
  readonly seed: number
  readonly streams: number
  /** Records of each stream. */
  readonly each: number
  readonly faults?: readonly Fault[]
}

/** The streams' records, one of each stream after the other. */
export function scenario({ seed, streams, each, faults = [] }: ScenarioOptions): Vector[] {
  const normal = normals(seed)
  return Array.from({ length: each * streams }, (_, i) => {
    const [stream, row] = [i % streams, Math.floor(i / streams)]
    const common = normal()
    const values = features.map((feature) => {
      const present = faults.filter(
        (fault) => fault.stream === stream && fault.feature === feature && row >= fault.from && row < fault.from + fault.count,
      )
      const sigma = 0.6 * common + 0.8 * normal() + present.reduce((sum, fault) => sum + fault.sigma, 0)
      return Number((means[feature] + scales[feature] * sigma).toFixed(4))
    })
    return { stream: `tenant-${stream}`, time: start + Math.round((row + stream / streams) * interval), values }
  })
}

/** Faults that open, escalate and resolve alerts all along `each` records of at least six streams; one is open at the end. */
export const troubles = (each: number): Fault[] => [
  ...[0.1, 0.3, 0.5, 0.7, 0.9].map((at): Fault => ({ stream: 0, feature: 'latency', from: Math.round(at * each), count: 5, sigma: 9 })),
  ...[0.2, 0.4, 0.6, 0.8].map((at): Fault => ({ stream: 1, feature: 'errors', from: Math.round(at * each), count: 20, sigma: -8 })),
  { stream: 2, feature: 'queue', from: Math.round(0.25 * each), count: Math.round(0.3 * each), sigma: 2.5 },
  { stream: 3, feature: 'amount', from: Math.round(0.55 * each), count: Math.round(0.25 * each), sigma: -2.5 },
  { stream: 4, feature: 'latency', from: each - 10, count: 10, sigma: 12 },
]

/** Trouble all along: that of `troubles`, again and again. */
export const troublesAllAlong = (each: number, period = 300): Fault[] =>
  Array.from({ length: Math.floor(each / period) }, (_, i) => i * period).flatMap((start) =>
    troubles(period).map((fault) => ({ ...fault, from: start + fault.from })),
  )

/** The stream's partition: all its records must be on one. */
export const partitionOf = (stream: string, partitions: number): number => Number(stream.split('-')[1]) % partitions

type Encode = (vector: Vector) => Pick<Message, 'key' | 'value' | 'headers'>

const fields = ({ values }: Vector) => Object.fromEntries(features.map((feature, i) => [feature, values[i]]))
const floats =
  (Numbers: typeof Float32Array | typeof Float64Array): Encode =>
  (vector) => ({
    key: vector.stream,
    headers: { ts: String(vector.time) },
    value: Buffer.from(Numbers.from(vector.values).buffer),
  })
const keyed = { stream: { key: true }, time: { header: 'ts' } }
const named = { stream: 'tenant', time: 'ts' }

/** Every way to write a vector into a message, with the `decode` of the configuration that reads it. */
export const encodings: Readonly<Record<string, { readonly decode: object; readonly encode: Encode }>> = {
  json: {
    decode: { json: { features, ...named } },
    encode: (vector) => ({ value: JSON.stringify({ tenant: vector.stream, ts: vector.time, ...fields(vector) }) }),
  },
  'json vector': {
    decode: { json: { vector: 'data.row', ...named } },
    encode: ({ stream, time, values }) => ({
      value: JSON.stringify({ tenant: stream, ts: new Date(time).toISOString(), data: { row: values } }),
    }),
  },
  float32: { decode: { float32: keyed }, encode: floats(Float32Array) },
  float64: { decode: { float64: keyed }, encode: floats(Float64Array) },
  csv: {
    decode: { csv: { columns: ['tenant', 'ts', ...features], ...named } },
    encode: ({ stream, time, values }) => ({ value: [stream, new Date(time).toISOString(), ...values].join(',') }),
  },
}

/** The vectors as messages of a topic, in their order. */
export const messagesOf = (vectors: readonly Vector[], partitions: number, { encode } = encodings.json): Message[] =>
  vectors.map((vector) => ({ partition: partitionOf(vector.stream, partitions), ...encode(vector) }))

const poisonEvery = 50
const poison = 'not JSON'

/** Messages of which every 50th cannot be decoded. */
export const poisoned = (messages: readonly Message[]): Message[] =>
  messages.map((message, i) => (i % poisonEvery === poisonEvery - 1 ? { ...message, value: `${poison} ${i}` } : message))

export const isPoison = ({ value }: { readonly value: unknown }): boolean => String(value).startsWith(poison)

/** The vectors as a csv file with a header line. */
export const csvOf = (vectors: readonly Vector[]): string =>
  [['tenant', 'ts', ...features], ...vectors.map(({ stream, time, values }) => [stream, new Date(time).toISOString(), ...values])]
    .map((cells) => `${cells.join(',')}\n`)
    .join('')
