import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect } from 'vitest'
import { barFor } from '../../calibration/budget.js'
import { conformalP } from '../../calibration/p-value.js'
import type { WindowDetector } from '../../detectors/detector.js'
import type { Fitted } from '../../detectors/stored.js'
import { disagreements } from '../../pipelines/agreement.js'
import { budgetBar } from '../../pipelines/assemble.js'
import { scaleOf } from '../../pipelines/calibrate.js'
import { fittedDetectors, graphOf } from '../../pipelines/fitted.js'
import { BundleError, readBundle } from '../../references/bundle.js'
import { type BundleFiles, fromFiles } from '../../references/manifest.js'
import { BundleFault } from '../../references/packing.js'
import type { Reference } from '../../references/reference.js'
import { bundleCorpus } from './corpus/bundles.js'
import { editedBytes, editJson, jsonEdits } from './edits.js'
import type { Target } from './fuzzer.js'

/** The bundle with the version that its content hashes to, as somebody would write it who knows the layout. */
export function forged({ manifest, tensors }: BundleFiles): BundleFiles {
  try {
    fromFiles({ manifest, tensors })
  } catch (error) {
    const version = /the content is ([0-9a-f]{16})/.exec(String(error))?.[1]
    if (version !== undefined) return { manifest: JSON.stringify({ ...JSON.parse(manifest), version }), tensors }
  }
  return { manifest, tensors }
}

const prefix = 8
const headerOf = (tensors: Uint8Array): unknown =>
  JSON.parse(Buffer.from(tensors).toString('utf8', prefix, prefix + Number(Buffer.from(tensors).readBigUInt64LE(0))))
const dataOf = (tensors: Uint8Array) => tensors.subarray(prefix + Number(Buffer.from(tensors).readBigUInt64LE(0)))

function tensorFile(header: string, data: Uint8Array): Buffer {
  const length = Buffer.alloc(prefix)
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)))
  return Buffer.concat([length, Buffer.from(header), data])
}

/** Numbers put into the tensors at any place. */
const numbers = fc.array(
  fc.tuple(fc.nat(), fc.oneof(fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 0, -0, 1e308, 5e-324), fc.double())),
  { minLength: 1, maxLength: 4 },
)

const withNumbers = (tensors: Uint8Array, changes: readonly (readonly [number, number])[]): Uint8Array => {
  const copy = Buffer.from(tensors)
  const start = tensors.length - dataOf(tensors).length
  for (const [at, value] of changes) copy.writeDoubleLE(value, start + 8 * (at % ((tensors.length - start) / 8)))
  return copy
}

/** Bundles made from real ones: manifest, header of the tensors, numbers or bytes changed, most with the right hash. */
function bundles(originals: readonly BundleFiles[]): fc.Arbitrary<BundleFiles> {
  const one = fc.constantFrom(...originals)
  const manifests = fc.tuple(one, jsonEdits).map(([{ manifest, tensors }, edits]) => ({
    manifest: JSON.stringify(editJson(JSON.parse(manifest), edits)),
    tensors,
  }))
  const headers = fc.tuple(one, jsonEdits).map(([{ manifest, tensors }, edits]) => ({
    manifest,
    tensors: tensorFile(JSON.stringify(editJson(headerOf(tensors), edits)), dataOf(tensors)),
  }))
  const values = fc.tuple(one, numbers).map(([{ manifest, tensors }, changes]) => ({ manifest, tensors: withNumbers(tensors, changes) }))
  const bytes = one.chain(({ manifest, tensors }) =>
    fc.record({
      manifest: fc.oneof(
        fc.constant(manifest),
        editedBytes(fc.constant(Buffer.from(manifest))).map((edited) => edited.toString()),
      ),
      tensors: editedBytes(fc.constant(tensors)),
    }),
  )
  return fc.oneof(
    { weight: 6, arbitrary: manifests.map(forged) },
    { weight: 2, arbitrary: headers.map(forged) },
    { weight: 3, arbitrary: values.map(forged) },
    { weight: 1, arbitrary: bytes.map(forged) },
    { weight: 1, arbitrary: bytes },
  )
}

/** A bundle is refused in words that a person can act on, or it is a reference that scores. */
export const bundleTarget = (originals: readonly BundleFiles[]): Target<BundleFiles> => ({
  name: 'a reference bundle',
  corpus: bundleCorpus(originals[0]).map(forged),
  cases: bundles(originals),
  runs: 1000,
  attempt(files) {
    let reference: Reference
    try {
      reference = fromFiles(files)
    } catch (error) {
      expect(error).toBeInstanceOf(BundleFault)
      expect((error as Error).message.length).toBeLessThan(1000)
      return
    }
    use(reference)
  },
})

/** What a start does with a reference, up to the scoring itself. */
function use(reference: Reference): void {
  const { whitening, features, golden, logic, calibration, selfTest } = reference
  disagreements({ detectors: [], window: logic.window, alerting: logic, features, acceptRefused: false }, reference)
  const { record, drift } = fittedDetectors(reference)
  graphOf(reference, 'float32')
  const bar = budgetBar({ alerting: { falseAlarmsPerDay: 1 } } as Parameters<typeof budgetBar>[0], reference)
  expect(barFor(calibration, 1e-9, selfTest.passed).sentence).not.toBe('')
  const d = features.length
  for (const { detector, fitted } of [...record, ...drift]) {
    const scores =
      detector.kind === 'record'
        ? Array.from({ length: golden.rows }, (_, i) => detector.score(fitted, whitening, golden.inputs.slice(i * d, (i + 1) * d)))
        : [scoreOfOnes(detector, fitted, d, logic.window.size)]
    const scale = scaleOf(detector.name, calibration, bar)
    const p = conformalP(calibration.quantiles[detector.name], calibration.evaluations[detector.name])
    for (const score of scores.filter(Number.isFinite)) {
      expect(Math.abs(scale.decades(score))).toBeLessThanOrEqual(12)
      expect(p(score)).toBeGreaterThan(0)
      expect(p(score)).toBeLessThanOrEqual(1)
    }
  }
}

type Stand = 'file' | 'missing' | 'link' | 'link to itself' | 'link to a device' | 'folder' | 'pipe' | 'sparse' | 'empty'
export interface Folder {
  readonly manifest: Stand
  readonly tensors: Stand
  /** Where a link leads: a path that may go out of the folder. */
  readonly path: string
  readonly others: readonly string[]
}

const stands: readonly Stand[] = [
  'file',
  'file',
  'missing',
  'link',
  'link to itself',
  'link to a device',
  'folder',
  'pipe',
  'sparse',
  'empty',
]
const outside = 'outside-canary-5d1'

/** A folder where a bundle should be: only two regular files of it are ever read. */
export const folderTarget = (original: BundleFiles, place: string): Target<Folder> => ({
  name: 'a folder with a bundle',
  corpus: [],
  cases: fc.record({
    manifest: fc.constantFrom(...stands),
    tensors: fc.constantFrom(...stands),
    path: fc.constantFrom('../outside.json', join(place, 'outside.json'), 'manifest.json', '/etc/passwd', '../../..', '/proc/self/environ'),
    others: fc.array(fc.constantFrom('manifest.js', 'index.js', 'package.json', 'model.onnx', '.npmrc'), { maxLength: 2 }),
  }),
  runs: 250,
  async attempt({ manifest, tensors, path, others }) {
    const folder = join(place, 'reference')
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder)
    writeFileSync(join(place, 'outside.json'), JSON.stringify({ ...JSON.parse(original.manifest), version: outside }))
    for (const name of others) writeFileSync(join(folder, name), 'globalThis.polluted = true; throw new Error("ran")')
    put(join(folder, 'manifest.json'), manifest, path, original.manifest)
    put(join(folder, 'tensors.safetensors'), tensors, path, original.tensors)
    const read = readBundle(folder)
    if (manifest === 'file' && tensors === 'file') await read
    else {
      const error = await read.catch((fault: unknown) => fault)
      expect(error).toBeInstanceOf(BundleError)
      expect(String(error)).not.toContain(outside)
    }
    expect(Reflect.get(globalThis, 'polluted')).toBeUndefined()
  },
})

function put(file: string, stand: Stand, path: string, content: string | Uint8Array): void {
  if (stand === 'file') writeFileSync(file, content)
  if (stand === 'empty') writeFileSync(file, '')
  if (stand === 'folder') mkdirSync(file)
  if (stand === 'link') symlinkSync(path, file)
  if (stand === 'link to itself') symlinkSync(file, file)
  if (stand === 'link to a device') symlinkSync('/dev/zero', file)
  if (stand === 'pipe') execFileSync('mkfifo', [file])
  if (stand === 'sparse') {
    writeFileSync(file, '')
    truncateSync(file, 3e9)
  }
}

/** A window of m records that are 1 in every whitened coordinate. */
function scoreOfOnes(detector: WindowDetector, fitted: Fitted, d: number, m: number): number {
  const z = new Float64Array(d).fill(1)
  const own = detector.statistics?.(fitted).of(z, { standardised: z }) ?? new Float64Array(0)
  return detector.score(fitted, { m, z: z.map((value) => value * m), own: own.map((value) => value * m) })
}
