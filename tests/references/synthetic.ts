import { openGraph } from '../../backbones/graph-runner.js'
import { openMatMul } from '../../backbones/matmul.js'
import { openMoments } from '../../backbones/moments.js'
import type { FitOptions, FitTools } from '../../references/fit-options.js'
import { RowMemory } from '../../references/row-store.js'
import type { ReferenceRows } from '../../references/rows.js'

/** Standard normal numbers from a seed (mulberry32, Box-Muller). */
export function normals(seed: number): () => number {
  let state = seed >>> 0
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
}

export interface Recipe {
  readonly n: number
  readonly d: number
  readonly seed: number
  /** Autocorrelation of each feature's own part. */
  readonly phi?: number
  /** Step of a random walk that all features share, in sigma per record. */
  readonly walk?: number
}

/** Mixed features: each is its own AR(1) part plus a common one, with its own mean and scale. n x d. */
export function synthetic({ n, d, seed, phi = 0, walk = 0 }: Recipe): Float64Array {
  const normal = normals(seed)
  const values = new Float64Array(n * d)
  const parts = Float64Array.from({ length: d }, normal)
  const innovation = Math.sqrt(1 - phi * phi)
  let level = 0
  for (let i = 0; i < n; i++) {
    const common = normal()
    level += walk * normal()
    for (let j = 0; j < d; j++) {
      parts[j] = phi * parts[j] + innovation * normal()
      values[i * d + j] = 100 * j + (1 + j) * (parts[j] + 0.5 * common + level)
    }
  }
  return values
}

/** Rows of equal streams, one second apart from each other unless told otherwise. */
export function asRows(values: Float32Array | Float64Array, d: number, streams = 1, seconds = 1): ReferenceRows {
  const n = values.length / d
  const each = n / streams
  return {
    n,
    d,
    store: new RowMemory(values, d),
    streams: Array.from({ length: streams }, (_, s) => ({ from: s * each, to: (s + 1) * each })),
    first: 0,
    last: (n - 1) * seconds * 1000,
    dropped: 0,
  }
}

/** The rows with event times: a second apart in each stream, or as given. */
export const timed = (rows: ReferenceRows, times?: Float64Array): ReferenceRows => {
  const each = rows.n / rows.streams.length
  return { ...rows, times: new RowMemory(times ?? Float64Array.from({ length: rows.n }, (_, i) => 1000 * (i % each)), 1) }
}

export const names = (d: number): string[] => Array.from({ length: d }, (_, j) => `f${j}`)

export const fitOptions = (d: number, changes: Partial<FitOptions> = {}): FitOptions => ({
  features: names(d),
  detectors: ['gaussian', 'hotelling'],
  shrinkage: 'ledoit-wolf',
  logic: { window: { size: 64, hop: 16 }, record: { k: 1, n: 1, gap: 30 }, drift: { k: 1, n: 1, gap: 4 } },
  source: 'synthetic',
  ...changes,
})

/** Real tools; close them when done. */
export async function openTools(): Promise<FitTools & { close(): Promise<void> }> {
  const matmul = await openMatMul()
  return { matmul: matmul.multiply, openGraph, openMoments, close: () => matmul.close() }
}
