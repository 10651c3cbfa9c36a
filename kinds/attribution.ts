import type { FeatureShare } from '../detectors/detector.js'
import { rootRow } from '../detectors/root.js'
import type { Whitening } from '../detectors/whitening.js'
import { circularDeviation, valueAlong, wayTo } from './circle.js'
import { clrOf, sharesOf } from './composition.js'
import type { FeatureMap, Slot } from './feature-map.js'

/** A feature's part of a score, in the words and units of who declared it. */
export interface Attribution {
  readonly feature: string
  /** The parts of all features sum to the score. */
  readonly share: number
  /** Signed deviation from the reference, in its standard deviations; of a part of a composition that of its centred log-ratio. */
  readonly sigma: number
  /** Of a plain feature, where the share is of a window's spread: its standard deviation there over that of the reference. */
  readonly spread?: number
  readonly value: number
  /** What is usual, and by how much it varies. */
  readonly mean: number
  readonly sd: number
  /** Never varied in the reference. */
  readonly constant: boolean
  /** As the detector gives it; of features that are a column of their own. */
  readonly pValue?: number
}

/** Where a score's columns are, and from where their deviations count; raw, per column. */
export interface Place {
  value(share: FeatureShare): number
  mean(column: number): number
}

export type Attribute = (shares: readonly FeatureShare[], place: Place) => Attribution[]

/** Turns shares of columns into those of features. Features without a column among the shares are left out. */
export function attribution({ features, slots, inputs }: FeatureMap, whitening: Whitening): Attribute {
  const { scale, active } = whitening
  const plain = (feature: number, share: FeatureShare, place: Place): Attribution => ({
    feature: features[feature],
    share: share.share,
    sigma: share.sigma,
    ...(share.spread !== undefined && { spread: share.spread }),
    value: place.value(share),
    mean: place.mean(share.index),
    sd: scale[share.index],
    constant: !active[share.index],
    ...(share.pValue !== undefined && { pValue: share.pValue }),
  })
  if (inputs === undefined) return (shares, place) => shares.map((share) => plain(share.index, share, place))
  const spreads = slots.map((slot) => (slot.kind === 'compositional' ? spreadsOf(slot, whitening) : []))
  return (shares, place) => {
    const byColumn = new Map(shares.map((share) => [share.index, share]))
    return slots.flatMap((slot, i) => {
      const columns = Array.from({ length: widthOf(slot) }, (_, k) => slot.column + k)
      const own = columns.flatMap((column) => byColumn.get(column) ?? [])
      if (own.length === 0) return []
      if (slot.kind === 'plain') return [plain(slot.feature, own[0], place)]
      const point: Point = {
        share: own.reduce((sum, { share }) => sum + share, 0),
        value: columns.map((column) => {
          const share = byColumn.get(column)
          return share === undefined ? place.mean(column) : place.value(share)
        }),
        mean: columns.map((column) => place.mean(column)),
        constant: columns.every((column) => !active[column]),
      }
      return slot.kind === 'circular' ? [onCircle(slot, features, point)] : inComposition(slot, features, point, spreads[i])
    })
  }
}

/** The columns of a slot together. */
interface Point {
  readonly share: number
  readonly value: readonly number[]
  readonly mean: readonly number[]
  readonly constant: boolean
}

const widthOf = (slot: Slot): number => (slot.kind === 'compositional' ? slot.features.length - 1 : slot.kind === 'circular' ? 2 : 1)

function onCircle(
  slot: Slot & { readonly kind: 'circular' },
  features: readonly string[],
  { share, value, mean, constant }: Point,
): Attribution {
  const { feature, period } = slot
  const [at, usual] = [valueAlong(value[0], value[1], period), valueAlong(mean[0], mean[1], period)]
  const sd = circularDeviation(mean[0], mean[1], period)
  return { feature: features[feature], share, sigma: wayTo(usual, at, period) / sd, value: at, mean: usual, sd, constant }
}

/** The composition's share goes to its parts in proportion to the squares of their sigmas: the same whatever the basis. */
function inComposition(
  slot: Slot & { readonly kind: 'compositional' },
  features: readonly string[],
  { share, value, mean, constant }: Point,
  spreads: readonly number[],
): Attribution[] {
  const { basis, total } = slot
  const deviations = clrOf(
    value.map((one, k) => one - mean[k]),
    basis,
  )
  const sigmas = spreads.map((spread, i) => (spread > 0 ? deviations[i] / spread : 0))
  const squares = sigmas.reduce((sum, sigma) => sum + sigma * sigma, 0)
  const [now, usual] = [sharesOf(value, basis), sharesOf(mean, basis)]
  return slot.features.map((feature, i) => ({
    feature: features[feature],
    share: squares > 0 ? (share * sigmas[i] ** 2) / squares : share / sigmas.length,
    sigma: sigmas[i],
    value: total * now[i],
    mean: total * usual[i],
    sd: total * usual[i] * spreads[i],
    constant,
  }))
}

/** Standard deviations of the parts' centred log-ratios in the reference: the diagonal of V Cov V^T, Cov = (S L)(S L)^T. */
function spreadsOf({ features, column, basis }: Slot & { readonly kind: 'compositional' }, { d, scale, root }: Whitening): number[] {
  const width = features.length - 1
  return features.map((_, i) => {
    const combined = new Float64Array(d)
    for (let k = 0; k < width; k++) {
      const row = column + k
      const weight = basis[i * width + k] * scale[row]
      const features = rootRow(root, row)
      for (let j = 0; j < d; j++) combined[j] += weight * features[j]
    }
    return Math.hypot(...combined)
  })
}
