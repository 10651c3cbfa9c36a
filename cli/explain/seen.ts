import { writeFile } from 'node:fs/promises'
import { percent, short } from '../../alerts/words.js'
import type { Attribution } from '../../kinds/attribution.js'
import { grouped, tapDepths, tapGroups } from '../../kinds/taps.js'
import { heatmapPng } from '../../references/heatmap.js'
import type { Reference } from '../../references/reference.js'
import { CommandError, unwritable } from '../exit.js'
import type { Explanation, Judgement } from './explanation.js'
import type { FoundPicture } from './picture.js'

/** What is unusual about a picture, for who looks at it. */
export interface SeenInPicture {
  readonly what: string
  /** How deep in the backbone, from texture to objects, the score of the rarest detector arises. */
  readonly depths: string
  /** Of the rarest detector, the features grouped by tap and statistic, the largest share first; deviation and value of the one that deviates most. */
  readonly groups: readonly Attribution[]
}

export function seenInPicture({ judgements, features }: Explanation, { backbone }: FoundPicture): SeenInPicture {
  const { taps } = backbone.description
  const groups = grouped(features, tapGroups(taps)).sort((one, other) => Math.abs(other.share) - Math.abs(one.share))
  const [{ detector, score }] = judgements
  const depths = grouped(features, tapDepths(taps)).sort((one, other) => other.share - one.share)
  const shares = depths.map(({ feature, share }) => `${feature} ${percent(share / score)}`)
  return { what: verdict(judgements), depths: `${shares.join(', ')} of ${detector}`, groups }
}

/** Blind, more or less, to what pictures show; the others see both, as a degraded picture also shows its content otherwise. */
const ofQuality: readonly string[] = ['corruption', 'discopatch', 'bn-wasserstein', 'bn-divergence']

function verdict(judgements: readonly Judgement[]): string {
  const over = judgements.filter(({ score, limit }) => score > limit)
  const quality = over.find(({ detector }) => ofQuality.includes(detector))
  const content = over.find(({ detector }) => !ofQuality.includes(detector))
  const times = ({ score, limit }: Judgement) => `${short(score / limit)} times the limit`
  if (quality === undefined && content === undefined) return 'nothing unusual: under every limit'
  if (content === undefined) return `image quality: how the picture was taken or stored (${times(quality ?? over[0])}), not what it shows`
  if (quality === undefined) return `content: what the picture shows (${times(content)}), not its quality`
  return `content (${times(content)}) and image quality (${times(quality)}): a degraded picture, or something that none of the reference shows`
}

/** Writes where in the picture the tap's positions are unlike those of the reference. @throws CommandError where that cannot be told */
export async function writeHeatmap(
  path: string,
  overlaid: boolean,
  { backbone: fitted }: Reference,
  picture: FoundPicture | undefined,
): Promise<void> {
  if (picture === undefined) throw new CommandError('usage', '--heatmap is of pictures; this reference is of vectors')
  const { map, backbone } = picture
  if (map === undefined)
    throw new CommandError(
      'usage',
      `--heatmap: the backbone ${backbone.name} gives no map; prepare it with \`driftwatch backbone prepare … --map TAP\` ` +
        `(a tap of stride 16, say), name that file as pictures.backbone, and run driftwatch fit again`,
    )
  const places = fitted?.places
  if (places === undefined)
    throw new CommandError(
      'reference',
      '--heatmap: the reference does not know what places of pictures usually hold; run driftwatch fit again',
    )
  await writeFile(path, await heatmapPng(places, map, overlaid)).catch(unwritable(path))
}
