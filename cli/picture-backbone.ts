import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { EmbedderPart } from '../backbones/embedder.js'
import { type BackboneDescription, type DescribedTap, featureNames, readPrepared } from '../backbones/model/description.js'
import { trainedTaps } from '../backbones/model/trained-taps.js'
import { startEmbedder } from '../backbones/onnx-embedder.js'
import type { PatchBank } from '../backbones/patch-bank.js'
import { type PatchBundle, readPatchBundle } from '../backbones/patch-bundle.js'
import type { ExecutionProvider } from '../backbones/scorer.js'
import type { MonitorConfig } from '../config/monitor.js'
import type { Codec } from '../connectors/codec.js'
import { ioError } from '../connectors/files/file-error.js'
import { fetchPersistently } from '../connectors/pictures/fetch.js'
import type { TrainedTap } from '../detectors/channels.js'
import { pictureScores } from '../detectors/picture-scores.js'
import { detectorByName } from '../detectors/registry.js'
import { tapGroups } from '../kinds/taps.js'
import { defaultPictureLimits } from '../pictures/fault.js'
import { Pictures } from '../pipelines/pictures.js'
import { GoldenMismatch } from '../references/golden.js'
import { checkGoldenPictures } from '../references/picture-backbone.js'
import type { Reference } from '../references/reference.js'
import { CommandError } from './exit.js'

/** The prepared backbone of a monitor of pictures. */
export interface Backbone {
  readonly name: string
  readonly bytes: Uint8Array<ArrayBuffer>
  /** SHA-256 of the file, hexadecimal. */
  readonly version: string
  readonly description: BackboneDescription
  /** The network that judges pictures by their patches, where the monitor has one. */
  readonly patches?: PatchBundle | undefined
  /** What it makes of a picture, in the order of the row. */
  readonly features: readonly string[]
}

/** From dist/cli, as from the package's root. */
const shipped = fileURLToPath(new URL('../../models/efficientnet-lite0.prepared.onnx', import.meta.url))

/** Reads the backbone that a monitor names, or the one that ships; undefined where records are no pictures. @throws CommandError */
export async function backboneOf(config: MonitorConfig): Promise<Backbone | undefined> {
  const { name, pictures, detectors } = config
  if (pictures === undefined) return undefined
  const { backbone: path = shipped, patches: folder } = pictures
  const backbone = await read(name, 'backbone', () => readBackbone(path))
  // That its tap is there is looked at before any picture is read.
  if (detectors.some((detector) => detectorByName(detector).usesDegraded)) degradedColumns(config, backbone)
  if (detectors.some((detector) => detectorByName(detector).usesTrained)) trainedQuality(config, backbone)
  const distance = detectors.includes('patch-distance') ? [pictureScores['patch-distance']] : []
  if (distance.length > 0 && backbone.description.map === undefined)
    throw new CommandError(
      'usage',
      `monitor ${name}, detectors: patch-distance compares places of pictures, but the backbone ${backbone.name} gives no map; ` +
        'prepare it with `driftwatch backbone prepare … --map TAP` (a tap of stride 16, say), or leave patch-distance out',
    )
  if (folder === undefined) return { ...backbone, features: [...backbone.features, ...distance] }
  const patches = await read(name, 'patches', () => readPatchBundle(folder))
  return { ...backbone, patches, features: [...backbone.features, pictureScores.discopatch, ...distance] }
}

async function readBackbone(path: string): Promise<Backbone> {
  const bytes = new Uint8Array(await readFile(path))
  const description = readPrepared(bytes, path)
  const version = createHash('sha256').update(bytes).digest('hex')
  return { name: description.name, bytes, version, description, features: featureNames(description) }
}

const read = <What>(name: string, field: string, from: () => Promise<What>): Promise<What> =>
  from().catch((error: unknown) => {
    const fault = error instanceof Error && 'path' in error ? ioError(String(error.path), error) : error
    const why = fault instanceof Error ? fault.message : String(fault)
    throw new CommandError('usage', `monitor ${name}, pictures.${field}: ${why}`, { cause: error })
  })

/** Told of what is not as it was asked for. */
export interface BackboneNotes {
  unavailable(provider: ExecutionProvider, message: string): void
  /** A worker has died or hangs, and another one takes its place. */
  restarted(part: EmbedderPart, message: string): void
}

const quiet: BackboneNotes = { unavailable: () => undefined, restarted: () => undefined }

/**
 * Starts the backbone in its workers. `banks`: of patches, where pictures are compared with one of them, the first if nothing is said.
 * @throws CommandError when no execution provider works
 */
export async function openPictures(
  config: MonitorConfig,
  backbone: Backbone,
  codec: Codec,
  banks?: readonly PatchBank[],
  notes = quiet,
): Promise<Pictures> {
  const { name, pictures, limits, execution } = config
  if (pictures === undefined) throw new Error(`monitor ${name} has no pictures`)
  const { providers, required, threads, timeout } = execution
  const { description, bytes, patches } = backbone
  const embedder = await startEmbedder({
    model: bytes,
    d: featureNames(description).length,
    patches: patches && { model: patches.model, grid: patches.grid },
    banks,
    preprocessing: description.preprocessing,
    quantisation: description.quantisation,
    batch: description.batch ?? pictures.batch,
    limits: { ...defaultPictureLimits, bytes: limits.messageBytes, pixels: pictures.maxPixels },
    providers: required ? providers.slice(0, 1) : providers,
    threads,
    timeout,
    workers: pictures.workers,
    onUnavailable: notes.unavailable,
    onRestart: notes.restarted,
  }).catch((error) => {
    throw new CommandError('unreachable', `monitor ${name}: ${error.message}`, { cause: error })
  })
  return new Pictures({
    codec,
    embedder,
    groups: tapGroups(description.taps),
    batch: pictures.batch,
    linger: pictures.linger,
    fetch: (uri) => fetchPersistently(uri, { ...pictures.fetch, maxBytes: limits.messageBytes }),
  })
}

/**
 * The same, once it is shown to make of the reference's golden pictures what it made at fit.
 * @throws CommandError when the backbone is another one, or makes something else
 */
export async function checkedPictures(
  config: MonitorConfig,
  reference: Reference,
  backbone: Backbone,
  codec: Codec,
  notes?: BackboneNotes,
): Promise<Pictures> {
  const refused = (why: string, cause?: unknown) => new CommandError('reference', `monitor ${config.name}: ${why}`, { cause })
  const fitted = reference.backbone
  if (fitted === undefined) throw refused('the reference was not fitted to pictures; run driftwatch fit with this configuration')
  if (fitted.version !== backbone.version)
    throw refused(
      `the backbone ${config.pictures?.backbone ?? 'that ships'} is ${backbone.name} (${backbone.version.slice(0, 12)}), but the reference was fitted with ${fitted.name} ` +
        `(${fitted.version.slice(0, 12)}); name the prepared file of that one as pictures.backbone (left out where it is the one that ships), or run driftwatch fit again`,
    )
  const [was, is] = [fitted.patches, backbone.patches?.version].map((one) => one?.slice(0, 12) ?? 'none')
  if (fitted.patches !== backbone.patches?.version)
    throw refused(
      `the network of pictures.patches is ${is}, but the reference was fitted with ${was}; ` +
        `${was === 'none' ? 'leave pictures.patches out' : 'name that bundle as pictures.patches'}, or run driftwatch fit again`,
    )
  const pictures = await openPictures(config, backbone, codec, banksOf(reference), notes)
  try {
    await checkGoldenPictures(fitted, reference.whitening.scale, (picture) => pictures.trace(picture))
    return pictures
  } catch (error) {
    await pictures.close()
    throw error instanceof GoldenMismatch ? refused(error.message, error) : error
  }
}

/** The patches that pictures are compared with, of a reference that keeps some. */
export const banksOf = ({ backbone }: Reference): [PatchBank] | undefined =>
  backbone?.places !== undefined && 'patches' in backbone.places ? [backbone.places] : undefined

/** The columns of the tap that `corruption` looks at: its means. @throws CommandError when there is no such tap */
export function degradedColumns(config: MonitorConfig, backbone: Backbone): number[] {
  const tap = qualityTap(config, backbone)
  return backbone.features.flatMap((feature, column) => (feature.startsWith(`${tap.name}.mean.`) ? [column] : []))
}

/**
 * The taps whose distance from the backbone's training shows the quality of pictures: that of `corruption`, and all with smaller strides. Deeper ones show
 * what is in them. @throws CommandError when the statistics of none are known
 */
export function trainedQuality(config: MonitorConfig, backbone: Backbone): TrainedTap[] {
  const { name, stride } = qualityTap(config, backbone)
  const taps = trainedTaps(backbone.description).filter((tap) => tap.name === name || tap.stride < stride)
  if (taps.length > 0) return taps.map(({ means, logSds, mean, variance }) => ({ means, logSds, mean, variance }))
  throw new CommandError(
    'usage',
    `monitor ${config.name}, detectors: those of bn-… need statistics of the backbone's training at the tap ${name} or one of smaller stride, with mean and logSd; ` +
      `${backbone.name} has none: prepare it from a model with BatchNormalization there, or with --trained (docs/backbones.md)`,
  )
}

/** @throws CommandError when there is no such tap */
function qualityTap({ name, pictures }: MonitorConfig, { description }: Backbone): DescribedTap {
  const taps = description.taps.filter(({ statistics }) => statistics.includes('mean'))
  const distance = ({ stride }: { readonly stride: number }) => Math.abs(Math.log2(stride / USUAL_STRIDE))
  const usual = taps.toSorted((one, other) => distance(one) - distance(other) || one.channels - other.channels)[0]
  const tap = pictures?.tap === undefined ? usual : taps.find((one) => one.name === pictures.tap)
  if (tap === undefined)
    throw new CommandError(
      'usage',
      `monitor ${name}, pictures.tap: ${pictures?.tap === undefined ? 'no tap' : `no tap "${pictures.tap}"`} of the backbone has means; ` +
        `expected one of ${taps.map((one) => one.name).join(', ') || 'those that `driftwatch backbone inspect` lists, prepared with mean'}`,
    )
  return tap
}

const USUAL_STRIDE = 16
