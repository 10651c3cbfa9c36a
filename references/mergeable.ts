import { isDeepStrictEqual } from 'node:util'
import { pictureScores } from '../detectors/picture-scores.js'
import { detectorByName } from '../detectors/registry.js'
import type { Standardisation } from '../detectors/standardisation.js'
import { lengthsOf, lengthText, type WindowShape } from '../detectors/window-shape.js'
import type { Reference } from './reference.js'

/** A reference and what the user calls it. */
export interface Named {
  readonly name: string
  readonly reference: Reference
}

/** References that cannot be merged; the message says which, in which field, what was found, and how to mend it. */
export class MergeRefused extends Error {
  override readonly name = 'MergeRefused'
}

/** Above it the covariance before shrinkage is lost in rounding. */
const MOST_SHRINKAGE = 1 - 1e-6

/** What all references must have alike, each with the mend. */
const alike: readonly (readonly [field: string, of: (reference: Reference) => unknown, mend: string])[] = [
  ['features', ({ features }) => features, 'fit both with the same features in the same order'],
  ['kinds', ({ inputs }) => inputs, 'fit both with the same kinds of features'],
  ['backbone', ({ backbone }) => backbone?.version, 'fit both with the same backbone'],
  ['backbone.patches', ({ backbone }) => backbone?.patches, 'fit both with the same bundle as pictures.patches'],
  ['detectors', ({ detectors }) => Object.keys(detectors).sort(), 'fit both with the same detectors'],
  [
    'logic.window',
    ({ logic: { window } }) => lengthsOf(window).map((length) => `${lengthText(window, length)} every ${everyText(window)}`),
    'fit both with the same window, of lengths that the rows of each can calibrate',
  ],
  ['logic.record', ({ logic }) => ({ ...logic.record }), 'fit both with the same alerting.record'],
  ['logic.charts', ({ logic }) => logic.charts ?? [], 'fit both with the same charts'],
  ['logic.drift', ({ logic }) => ({ ...logic.drift }), 'fit both with the same alerting.drift'],
  [
    'detrend',
    ({ detrend }) => detrend,
    'one has a slow mean subtracted and the other has not, or of another length: keep a reference per site',
  ],
  ['whitening.method', ({ whitening }) => whitening.method, 'fit both with the same shrinkage'],
  [
    'constant',
    ({ constant }) => constant,
    'a feature that never varied at one of them is not scored there: fit that one on data in which it varies, or fit both without it',
  ],
]

const everyText = (window: WindowShape) =>
  window.by === 'time' ? `${lengthText(window, window.hop)} of at least ${window.least} records` : String(window.hop)

/** Throws `MergeRefused` unless the references can be merged. */
export function checkMergeable(parts: readonly Named[]): void {
  if (parts.length < 2) throw new MergeRefused(`${parts.length} reference to merge, expected at least 2`)
  checkDistinct(parts)
  const [first, ...others] = parts
  for (const [field, of, mend] of alike) {
    for (const other of others) {
      const [a, b] = [of(first.reference), of(other.reference)]
      if (!isDeepStrictEqual(a, b)) throw new MergeRefused(`${field}: ${difference(first.name, a, other.name, b)}; ${mend}`)
    }
  }
  for (const part of parts) checkKept(part)
}

/** The same rows must not count twice. */
function checkDistinct(parts: readonly Named[]): void {
  const seen = new Map<string, string>()
  for (const { name, reference } of parts) {
    const { version, provenance } = reference
    for (const one of new Set([version, ...provenance.parts.map((part) => part.version)])) {
      const holder = seen.get(one)
      if (holder !== undefined) {
        throw new MergeRefused(`version: both ${holder} and ${name} hold reference ${one}; its rows must not count twice: leave one out`)
      }
      seen.set(one, name)
    }
  }
}

/** Whether a reference still knows what a merge needs. */
function checkKept({ name, reference: { detectors, backbone, bank, whitening, adaptation } }: Named): void {
  const onLabels = Object.keys(detectors).find((detector) => detectorByName(detector).labels !== undefined)
  if (onLabels !== undefined) {
    throw new MergeRefused(
      `detectors: ${onLabels} of ${name} is fitted on labels of rows, which a reference does not keep; fit one reference on the rows of all, or fit all without it`,
    )
  }
  if (adaptation !== undefined) {
    throw new MergeRefused(
      `adaptation: ${name} was fitted to rows that slow copies had mapped, each by its own past; fit one reference to the rows of all, or both without adapt`,
    )
  }
  const onRows = Object.keys(detectors).find((detector) => detectorByName(detector).usesBank)
  if (onRows !== undefined && bank === undefined) {
    throw new MergeRefused(`bank: ${name} has kept no rows, which detector ${onRows} is fitted on; fit it again with this version`)
  }
  const onPairs = Object.keys(detectors).find((detector) => detectorByName(detector).usesPrevious)
  if (onPairs !== undefined) {
    throw new MergeRefused(
      `detectors: ${name} has ${onPairs}, which is fitted on pairs of records that a reference does not keep; fit one reference to the rows of all, or each without it`,
    )
  }
  const onMeans = Object.keys(detectors).find((detector) => detectorByName(detector).usesWindowMeans)
  if (onMeans !== undefined) {
    throw new MergeRefused(
      `detectors: ${name} has ${onMeans}, which is fitted on means of windows that a reference does not keep; fit one reference to the rows of all, or each without it`,
    )
  }
  const onDegraded = Object.keys(detectors).find((detector) => detectorByName(detector).usesDegraded)
  if (onDegraded !== undefined) {
    throw new MergeRefused(
      `detectors: ${name} has ${onDegraded}, which is fitted on degraded pictures that a reference does not keep; fit one reference to the pictures of all, or each without it`,
    )
  }
  if (backbone?.places !== undefined && 'patches' in backbone.places) {
    throw new MergeRefused(
      `backbone: ${name} compares pictures with patches of its own pictures, so that its ${pictureScores['patch-distance']} is not that of another; fit one reference to the pictures of all, or each without patch-distance`,
    )
  }
  if (whitening.shrinkage > MOST_SHRINKAGE && whitening.active.filter(Boolean).length > 1) {
    throw new MergeRefused(
      `whitening.shrinkage: that of ${name} is ${whitening.shrinkage}, so that nothing of its covariance is left; ` +
        'fit it on more rows, or with shrinkage: light',
    )
  }
}

/** Throws `MergeRefused` when a feature is constant in each reference, but not at the same value. */
export function checkConstants(parts: readonly Named[], { scale }: Standardisation): void {
  const [{ reference }] = parts
  const index = reference.features.findIndex((feature, j) => scale[j] > 0 && reference.constant.includes(feature))
  if (index < 0) return
  const values = parts.map((part) => `${part.reference.whitening.mean[index]} in ${part.name}`)
  throw new MergeRefused(
    `constant: feature "${reference.features[index]}" never varied in any reference, but is ${values.join(', ')}; fit all without it`,
  )
}

/** Two values side by side; of lists only what differs. */
function difference(nameA: string, a: unknown, nameB: string, b: unknown): string {
  if (!Array.isArray(a) || !Array.isArray(b)) return `${JSON.stringify(a)} in ${nameA}, ${JSON.stringify(b)} in ${nameB}`
  const only = (one: readonly unknown[], other: readonly unknown[], name: string) => {
    const own = one.filter((item) => !other.includes(item))
    return own.length === 0 ? [] : [`${own.map((item) => JSON.stringify(item)).join(', ')} only in ${name}`]
  }
  const parts = [...only(a, b, nameA), ...only(b, a, nameB)]
  if (parts.length > 0) return parts.join('; ')
  const at = a.findIndex((item, i) => item !== b[i])
  return `the order differs, from ${JSON.stringify(a[at])} in ${nameA} and ${JSON.stringify(b[at])} in ${nameB} on`
}
