import { writeFile } from 'node:fs/promises'
import { multiple, percent } from '../../alerts/words.js'
import type { Attribution } from '../../kinds/attribution.js'
import { grouped, type Tap, tapDepths, tapGroups } from '../../kinds/taps.js'
import { heatmapPng } from '../../references/heatmap.js'
import type { Reference } from '../../references/reference.js'
import { CommandError, unwritable } from '../exit.js'
import { type Explanation, isNear, isOver, type Judgement, telling } from './explanation.js'
import type { FoundPicture } from './picture.js'

/** What is unusual about a picture, for who looks at it. */
export interface SeenInPicture {
  readonly what: string
  /** How deep in the backbone, from texture to objects, a score arises: of the rarest detector of content that looks at several depths. */
  readonly depths: string | undefined
  /**
   * Of each detector of `telling` the features grouped by tap and statistic, the largest share first; deviation and value of the one that
   * deviates most.
   */
  readonly groups: readonly (readonly Attribution[])[]
}

export function seenInPicture(explanation: Explanation, taps: readonly Tap[]): SeenInPicture {
  const groupOf = tapGroups(taps)
  const groups = telling(explanation.judgements).map(({ features }) =>
    grouped(features, groupOf).sort((one, other) => Math.abs(other.share) - Math.abs(one.share)),
  )
  return { what: verdict(explanation), depths: depthsOf(explanation, taps), groups }
}

function depthsOf({ judgements }: Explanation, taps: readonly Tap[]): string | undefined {
  const depthOf = tapDepths(taps)
  for (const { detector, score, features } of judgements.filter(isOfContent)) {
    const depths = grouped(features, depthOf).sort((one, other) => other.share - one.share)
    if (depths.length > 1) return `${depths.map(({ feature, share }) => `${feature} ${percent(share / score)}`).join(', ')} of ${detector}`
  }
  return undefined
}

/** Blind, more or less, to what pictures show; the others see both, as a degraded picture also shows its content otherwise. */
const ofQuality: readonly string[] = ['corruption', 'discopatch', 'bn-wasserstein', 'bn-divergence']

const isOfContent = ({ detector }: Judgement): boolean => !ofQuality.includes(detector)

function verdict(explanation: Explanation): string {
  const { judgements } = explanation
  const over = judgements.filter(isOver)
  const quality = over.find((one) => !isOfContent(one))
  const content = over.find(isOfContent)
  const times = ({ score, limit }: Judgement) => `${multiple(score / limit)} times the limit`
  if (quality === undefined && content === undefined) return underEvery(explanation)
  if (content === undefined) return `image quality: how the picture was taken or stored (${times(quality ?? over[0])}), not what it shows`
  if (quality === undefined) return `content: what the picture shows (${times(content)}), not its quality`
  return `content (${times(content)}) and image quality (${times(quality)}): a degraded picture, or something that none of the reference shows`
}

function underEvery(explanation: Explanation): string {
  const near = explanation.judgements.find((one) => isNear(one, explanation))
  if (near === undefined) return 'nothing unusual: under every limit'
  return `under every limit at fit, though feedback may have lowered that of ${near.detector} below this score`
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
