import type { PictureTrace } from '../backbones/embedder.js'
import type { TrainedTap } from '../detectors/channels.js'
import { GoldenMismatch } from './golden.js'
import type { Places } from './places.js'

/** What made the features of pictures, and what it made of some: they must come out again wherever the reference is used. */
export interface PictureBackbone {
  readonly name: string
  /** SHA-256 of the prepared file, hexadecimal: it holds the network, its taps and the pre-processing. */
  readonly version: string
  /** SHA-256 of the DisCoPatch network whose score is the last feature, hexadecimal; only where there is one. */
  readonly patches?: string
  readonly golden: readonly GoldenPicture[]
  /** Only where the backbone has a map. */
  readonly places?: Places
  /** Only where a detector asks for the statistics of its training, and it knows them. */
  readonly trained?: readonly TrainedTap[]
}

export interface GoldenPicture {
  /** The file, base64: made up, of no one's data. */
  readonly picture: string
  /** SHA-256 of the decoded pixels and of what the network takes. */
  readonly decoded: string
  readonly preprocessed: string
  readonly features: Float64Array
}

type Trace = (picture: Uint8Array) => Promise<PictureTrace>

/** Most that a feature may differ between machines and execution providers, in deviations of the reference. */
const TOLERANCE = 0.05

/** What each step makes of the pictures now. */
export async function goldenPicturesOf(pictures: readonly Uint8Array[], trace: Trace): Promise<GoldenPicture[]> {
  const golden: GoldenPicture[] = []
  for (const picture of pictures) {
    const { features, ...hashes } = await trace(picture)
    golden.push({ picture: Buffer.from(picture).toString('base64'), ...hashes, features: Float64Array.from(features) })
  }
  return golden
}

/**
 * Whether pictures still become the features that they did at fit. `scale`: the reference's deviation of each feature.
 * Throws `GoldenMismatch` that names the first step that differs.
 */
export async function checkGoldenPictures({ golden }: PictureBackbone, scale: Float64Array, trace: Trace): Promise<void> {
  for (const [i, { picture, decoded, preprocessed, features }] of golden.entries()) {
    const found = await trace(Buffer.from(picture, 'base64'))
    const mend = 'run driftwatch fit again with this version'
    if (found.decoded !== decoded) throw new GoldenMismatch(`decoding gives other pixels for golden picture ${i} than at fit; ${mend}`)
    if (found.preprocessed !== preprocessed)
      throw new GoldenMismatch(`pre-processing gives other pixels for golden picture ${i} than at fit; ${mend}`)
    const off = features.findIndex((value, j) => scale[j] > 0 && !(Math.abs(found.features[j] - value) <= TOLERANCE * scale[j]))
    if (off >= 0)
      throw new GoldenMismatch(
        `the backbone gives ${found.features[off]} as feature ${off} of golden picture ${i}, at fit it gave ${features[off]} ` +
          `(at most ${TOLERANCE} deviations apart); try another execution provider, or ${mend}`,
      )
  }
}
