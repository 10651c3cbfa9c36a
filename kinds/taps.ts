import type { Attribution } from './attribution.js'

/** A tap of a backbone: so many features of each statistic, one per channel. */
export interface Tap {
  readonly name: string
  readonly channels: number
  /** Pixels of the picture per position. */
  readonly stride: number
  readonly statistics: readonly string[]
}

/** What a position of so many pixels mostly sees, in the words of who looks at pictures. */
function depthOf(stride: number): string {
  if (stride <= 4) return 'fine texture'
  if (stride <= 8) return 'texture'
  return stride <= 16 ? 'parts' : 'whole objects'
}

const words: Readonly<Record<string, string>> = {
  mean: 'mean',
  logSd: 'spread',
  secondMoment: 'energy',
  max: 'peak',
  topShare: 'peakedness',
}

/** By feature of a backbone (`f8.logSd.12`) what it is of: depth, statistic and tap, such as `texture at 1/8, spread (f8)`. */
export const tapGroups = (taps: readonly Tap[]): Map<string, string> =>
  named(taps, ({ name, stride }, statistic) => `${depthOf(stride)} at 1/${stride}, ${words[statistic] ?? statistic} (${name})`)

/** By feature of a backbone the depth of its tap. */
export const tapDepths = (taps: readonly Tap[]): Map<string, string> => named(taps, ({ stride }) => depthOf(stride))

const named = (taps: readonly Tap[], group: (tap: Tap, statistic: string) => string): Map<string, string> =>
  new Map(
    taps.flatMap((tap) =>
      tap.statistics.flatMap((statistic) =>
        Array.from({ length: tap.channels }, (_, i): [string, string] => [`${tap.name}.${statistic}.${i}`, group(tap, statistic)]),
      ),
    ),
  )

/**
 * Attributions of groups in place of those of their features, in the order of their first ones: the shares add up; all else is that of the feature of
 * the group that deviates most. Without groups that a detector does not look at. `groupOf`: the group of each feature by name.
 */
export function grouped(attributions: readonly Attribution[], groupOf: ReadonlyMap<string, string>): Attribution[] {
  const found = new Map<string, Attribution>()
  for (const own of attributions) {
    const feature = groupOf.get(own.feature) ?? own.feature
    const group = found.get(feature)
    const leading = group === undefined || Math.abs(own.sigma) > Math.abs(group.sigma) ? own : group
    found.set(feature, { ...leading, feature, share: own.share + (group?.share ?? 0) })
  }
  return [...found.values()].filter(({ share }) => share !== 0)
}
