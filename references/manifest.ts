import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { WindowDetector } from '../detectors/detector.js'
import { detectorByName } from '../detectors/registry.js'
import type { Fitted } from '../detectors/stored.js'
import { type Whitening, whiteningFromFitted, whiteningToFitted } from '../detectors/whitening.js'
import { leastRecords } from '../detectors/window-shape.js'
import { BundleFault, canonicalJson, checkBounds, extractTensors, insertTensors, isObject, type Json, type JsonObject } from './packing.js'
import type { Reference } from './reference.js'
import { decodeTensors, encodeTensors, type NumericTensor, TensorFileError } from './safetensors.js'
import { contentSchema } from './schema.js'

/** Marks a manifest as ours. */
const bundleFormat = 'driftwatch reference'
/** Layout of the manifest; another one is refused. */
const schemaVersion = 2

/** The two files of a bundle. */
export interface BundleFiles {
  readonly manifest: string
  readonly tensors: Uint8Array
}

/** Gives a reference the version that its content has. */
export function seal({ fittedAt: _, ...content }: Omit<Reference, 'version'>): Reference {
  const { body, tensors } = pack(content)
  return { version: versionOf(body, tensors), ...content }
}

export function toFiles(reference: Reference): BundleFiles {
  const { version, fittedAt, ...content } = reference
  const { body, tensors } = pack(content)
  if (versionOf(body, tensors) !== version) throw new Error(`reference ${version} was changed after it was fitted, which is not allowed`)
  return { manifest: `${JSON.stringify({ format: bundleFormat, schemaVersion, version, fittedAt, ...body }, null, 2)}\n`, tensors }
}

/** Throws `BundleFault`. */
export function fromFiles(files: BundleFiles): Reference {
  const { version, fittedAt, body } = readManifest(files.manifest)
  const found = versionOf(body, files.tensors)
  if (version !== found) {
    throw new BundleFault(
      `manifest.json says version ${shown(version)}, the content is ${found}: the bundle was changed after it was written`,
    )
  }
  const parsed = contentSchema.safeParse(insertTensors(body, readTensors(files.tensors)))
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]
    throw new BundleFault(`manifest.json, field "${path.join('.')}": ${message}`)
  }
  const reference = { ...parsed.data, version: found, fittedAt, whitening: readWhitening(parsed.data.whitening) }
  for (const name of Object.keys(reference.detectors)) checkDetector(name, reference)
  return reference
}

/** Lets a detector score the golden rows, or a window of the reference's mean: what it lacks shows now and not in the stream. */
function checkDetector(name: string, { detectors, whitening, golden, logic }: Reference): void {
  const { d } = whitening
  try {
    const detector = detectorByName(name)
    const fitted = detectors[name]
    if (detector.kind === 'window') requireFinite(scoreOfMean(detector, fitted, d, leastRecords(logic.window)))
    else if (golden.expected[name] === undefined) throw new Error('has no golden scores')
    else for (let i = 0; i < golden.rows; i++) requireFinite(detector.score(fitted, whitening, golden.inputs.subarray(i * d, (i + 1) * d)))
  } catch (error) {
    throw new BundleFault(`manifest.json, detector ${shown(name)}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

/** A window of m records at the reference's mean. */
function scoreOfMean(detector: WindowDetector, fitted: Fitted, d: number, m: number): number {
  const z = new Float64Array(d)
  const own =
    detector
      .statistics?.(fitted)
      .of(z, { standardised: z })
      .map((value) => value * m) ?? new Float64Array(0)
  return detector.score(fitted, { m, z, own })
}

function requireFinite(score: number): void {
  if (!Number.isFinite(score)) throw new Error(`its score is ${score}`)
}

/** Whether a text is the manifest of a bundle, of whatever schema version. */
export function isManifest(text: string): boolean {
  try {
    const manifest: Json = JSON.parse(text)
    return isObject(manifest) && manifest.format === bundleFormat
  } catch {
    return false
  }
}

function pack(content: Omit<Reference, 'version' | 'fittedAt'>): { body: JsonObject; tensors: Uint8Array } {
  const tensors = new Map<string, NumericTensor>()
  const body = extractTensors({ ...content, whitening: whiteningToFitted(content.whitening) }, tensors)
  return { body, tensors: encodeTensors(new Map([...tensors].sort(([a], [b]) => (a < b ? -1 : 1)))) }
}

function versionOf(body: JsonObject, tensors: Uint8Array): string {
  return createHash('sha256').update(canonicalJson(body)).update('\n').update(tensors).digest('hex').slice(0, 16)
}

const headSchema = z.object({
  format: z.literal(bundleFormat),
  schemaVersion: z.literal(schemaVersion),
  version: z.string(),
  fittedAt: z.iso.datetime().optional(),
})

function readManifest(text: string): { version: string; fittedAt: string | undefined; body: JsonObject } {
  let manifest: Json
  try {
    manifest = JSON.parse(text)
  } catch (error) {
    throw new BundleFault('manifest.json is not JSON', { cause: error })
  }
  if (!isObject(manifest)) throw new BundleFault('manifest.json is not a JSON object')
  checkBounds(manifest)
  const head = headSchema.safeParse(manifest)
  if (!head.success) {
    const [field] = head.error.issues[0].path
    const expected = { format: bundleFormat, schemaVersion, version: 'the hash of the content', fittedAt: 'a date' }
    throw new BundleFault(
      `manifest.json, field "${String(field)}": ${shown(manifest[String(field)])}, expected ${JSON.stringify(expected[field as keyof typeof expected])}`,
    )
  }
  const { format: _format, schemaVersion: _schemaVersion, version: _version, fittedAt: _fittedAt, ...body } = manifest
  return { version: head.data.version, fittedAt: head.data.fittedAt, body }
}

/** A value of the manifest in a message, shortened. */
function shown(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

function readTensors(bytes: Uint8Array): Map<string, NumericTensor> {
  try {
    return decodeTensors(bytes)
  } catch (error) {
    if (error instanceof TensorFileError) throw new BundleFault(`tensors.safetensors: ${error.message}`, { cause: error })
    throw error
  }
}

function readWhitening(fitted: Parameters<typeof whiteningFromFitted>[0]): Whitening {
  try {
    return whiteningFromFitted(fitted)
  } catch (error) {
    throw new BundleFault(`whitening: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
