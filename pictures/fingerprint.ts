import sharp from 'sharp'
import { z } from 'zod'
import { formatOf } from './format.js'

const levels = { min: 0, p10: 0.1, p50: 0.5, p90: 0.9, max: 1 } as const
const quantilesSchema = z.object({ min: z.number(), p10: z.number(), p50: z.number(), p90: z.number(), max: z.number() })
type Quantiles = z.infer<typeof quantilesSchema>
const countsSchema = z.record(z.string(), z.int().min(0))

/** What pictures went through before they came here, as training.discopatch writes it down. */
export const fingerprintSchema = z.object({
  pictures: z.int().min(1),
  formats: countsSchema,
  /** Of the factor by which the centre square is resized. */
  resizeFactor: quantilesSchema,
  /** libjpeg's, of those that are JPEG. */
  jpegQuality: quantilesSchema.nullable(),
  chromaSampling: countsSchema,
})
export type Fingerprint = z.infer<typeof fingerprintSchema>

/** What one file says of its way here. */
export interface FileTraces {
  readonly format: string
  /** Pixels of the shorter side. */
  readonly side: number
  readonly jpeg?: { readonly quality: number; readonly sampling: string }
}

/** Undefined where the file is no picture. */
export async function tracesOf(bytes: Uint8Array): Promise<FileTraces | undefined> {
  const format = formatOf(bytes)
  if (typeof format === 'object') return undefined
  try {
    const { width, height, channels, chromaSubsampling = 'other' } = await sharp(bytes, { limitInputPixels: false }).metadata()
    const traces = { format: format.toUpperCase(), side: Math.min(width, height) }
    const sum = format === 'jpeg' ? luminanceSum(bytes) : undefined
    if (sum === undefined) return traces
    return { ...traces, jpeg: { quality: qualityOf(sum), sampling: channels === 3 ? chromaSubsampling : 'other' } }
  } catch {
    return undefined
  }
}

/** ITU-T T.81 table K.1, luminance, which libjpeg scales by the quality. Only the sum is compared, so the order does not matter. */
const luminance = [
  [16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62],
  [
    18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103,
    99,
  ],
].flat()
const sums = Array.from({ length: 100 }, (_, i) => {
  const scale = i + 1 < 50 ? Math.floor(5000 / (i + 1)) : 200 - 2 * (i + 1)
  return luminance.reduce((sum, value) => sum + Math.min(255, Math.max(1, Math.floor((value * scale + 50) / 100))), 0)
})

/** libjpeg's quality, 1 to 100, whose luminance table has the sum nearest to this; of several the lowest. */
const qualityOf = (sum: number): number => {
  const off = sums.map((one) => Math.abs(one - sum))
  return off.indexOf(Math.min(...off)) + 1
}

const [QUANTISATION, SCAN] = [0xdb, 0xda]

/** Sum of a JPEG's quantisation table 0, of its segments before the first scan; undefined where there is none. */
function luminanceSum(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== SCAN; at += 2 + view.getUint16(at + 2)) {
    if (bytes[at + 1] !== QUANTISATION) continue
    const end = Math.min(bytes.length, at + 2 + view.getUint16(at + 2))
    for (let table = at + 4; table < end; ) {
      const width = bytes[table] >> 4 === 0 ? 1 : 2
      const numbers = table + 1
      table = numbers + 64 * width
      if (table > end || (bytes[numbers - 1] & 15) !== 0) continue
      return Array.from({ length: 64 }, (_, i) => (width === 1 ? bytes[numbers + i] : view.getUint16(numbers + 2 * i))).reduce(
        (a, b) => a + b,
      )
    }
  }
  return undefined
}

/** Of at least one picture. `size`: the side to which the centre square is resized. */
export function fingerprintOf(files: readonly FileTraces[], size: number): Fingerprint {
  const jpegs = files.flatMap(({ jpeg }) => jpeg ?? [])
  return {
    pictures: files.length,
    formats: countsOf(files.map(({ format }) => format)),
    resizeFactor: quantilesOf(files.map(({ side }) => size / side)),
    jpegQuality: jpegs.length === 0 ? null : quantilesOf(jpegs.map(({ quality }) => quality)),
    chromaSampling: countsOf(jpegs.map(({ sampling }) => sampling)),
  }
}

const countsOf = (names: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** Between two values by a straight line, as NumPy does it. */
function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (level: number): number => {
    const place = level * (sorted.length - 1)
    const below = sorted[Math.floor(place)]
    return below + (place % 1) * (sorted[Math.ceil(place)] - below)
  }
  return { min: at(levels.min), p10: at(levels.p10), p50: at(levels.p50), p90: at(levels.p90), max: at(levels.max) }
}
