import { angleOf } from './circle.js'
import { closed, ilr, ilrBasis } from './composition.js'
import { checkKinds, checkNames, type Inputs } from './inputs.js'

type Values = Float32Array | Float64Array

/** One declared thing, and the model's columns that it enters as, from `column` on. */
export type Slot =
  | { readonly kind: 'plain'; readonly feature: number; readonly column: number }
  | { readonly kind: 'circular'; readonly feature: number; readonly column: number; readonly period: number }
  | {
      readonly kind: 'compositional'
      readonly name: string
      readonly features: readonly number[]
      readonly column: number
      readonly total: number
      readonly tolerance: number
      readonly floor: number
      readonly basis: Float64Array
    }

/** How the features of a record (decoded, named in the configuration, shown in alerts) become the columns of the model, which detectors see. */
export interface FeatureMap {
  /** As decoded, in the order of the row. */
  readonly features: readonly string[]
  /** Per feature, whether a record may lack it; undefined where none may. */
  readonly mayMiss: readonly boolean[] | undefined
  readonly columns: readonly string[]
  /** Indices of the columns that a record may lack. */
  readonly optional: readonly number[]
  /** Indices of the columns that are a classifier's logits. */
  readonly logits: readonly number[]
  /** In the order of their columns. */
  readonly slots: readonly Slot[]
  /** What was declared; undefined where every feature is a plain number that every record has. */
  readonly inputs: Inputs | undefined
  /**
   * Writes the columns of the features at `from[0…]` into `to` from index `at` on; a column that is missing becomes NaN. Returns why the
   * features have no columns, if so. Undefined where the columns are the features.
   */
  readonly encode: ((from: Values, to: Values, at: number) => string | undefined) | undefined
}

/** Every feature is a column. */
export const plainMap = (features: readonly string[]): FeatureMap => ({
  features,
  mayMiss: undefined,
  columns: features,
  optional: [],
  logits: [],
  slots: features.map((_, at) => ({ kind: 'plain', feature: at, column: at })),
  inputs: undefined,
  encode: undefined,
})

/** Per column what it is of, as declared: a feature or a composition. */
export const ownersOf = ({ features, slots, columns }: FeatureMap): string[] =>
  columns.map((_, column) => {
    const slot = slots.findLast((one) => one.column <= column)
    if (slot === undefined) return columns[column]
    return slot.kind === 'compositional' ? slot.name : features[slot.feature]
  })

/** The map of a reference: its features are columns, and where kinds were declared `inputs` are what they are made of. */
export const mapOf = ({ features, inputs }: { readonly features: readonly string[]; readonly inputs?: Inputs | undefined }): FeatureMap =>
  inputs === undefined ? plainMap(features) : featureMap(inputs)

/** Throws `KindsFault` when the kinds contradict each other or name what is no feature. */
export function featureMap(inputs: Inputs): FeatureMap {
  checkKinds(inputs)
  checkNames(inputs)
  const { features, optional, circular, compositional, logits = [] } = inputs
  if (optional.length + logits.length + Object.keys(circular).length + Object.keys(compositional).length === 0) return plainMap(features)
  const groups = Object.entries(compositional)
  const slots: Slot[] = []
  const columns: string[] = []
  const lacking: number[] = []
  const add = (slot: Slot, owner: string, names: readonly string[]) => {
    slots.push(slot)
    if (optional.includes(owner)) lacking.push(...names.map((_, i) => columns.length + i))
    columns.push(...names)
  }
  for (const [feature, name] of features.entries()) {
    const column = columns.length
    const group = groups.find(([, { parts }]) => parts.includes(name))
    if (group === undefined && Object.hasOwn(circular, name)) {
      add({ kind: 'circular', feature, column, period: circular[name] }, name, [`${name} (cos)`, `${name} (sin)`])
    } else if (group === undefined) {
      add({ kind: 'plain', feature, column }, name, [name])
    } else if (!slots.some((slot) => slot.kind === 'compositional' && slot.name === group[0])) {
      // Where its first part stands.
      const [whole, { parts, total, tolerance, floor }] = group
      const of = parts.map((part) => features.indexOf(part))
      const slot: Slot = {
        kind: 'compositional',
        name: whole,
        features: of,
        column,
        total,
        tolerance,
        floor,
        basis: ilrBasis(parts.length),
      }
      add(
        slot,
        whole,
        Array.from({ length: parts.length - 1 }, (_, k) => `${whole} (log-ratio ${k + 1})`),
      )
    }
  }
  const mayMiss = features.map(
    (name) => optional.includes(name) || groups.some(([whole, { parts }]) => optional.includes(whole) && parts.includes(name)),
  )
  return {
    features,
    mayMiss: optional.length > 0 ? mayMiss : undefined,
    columns,
    optional: lacking,
    logits: slots.flatMap((slot) => (slot.kind === 'plain' && logits.includes(features[slot.feature]) ? [slot.column] : [])),
    slots,
    inputs,
    encode: slots.every(({ kind }) => kind === 'plain') ? undefined : (from, to, at) => encode(slots, features, from, to, at),
  }
}

function encode(slots: readonly Slot[], features: readonly string[], from: Values, to: Values, at: number): string | undefined {
  for (const slot of slots) {
    if (slot.kind === 'plain') to[at + slot.column] = from[slot.feature]
    else if (slot.kind === 'circular') {
      const angle = angleOf(from[slot.feature], slot.period)
      to[at + slot.column] = Math.cos(angle)
      to[at + slot.column + 1] = Math.sin(angle)
    } else {
      const fault = encodeComposition(slot, features, from, to, at + slot.column)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}

function encodeComposition(
  slot: Slot & { readonly kind: 'compositional' },
  features: readonly string[],
  from: Values,
  to: Values,
  at: number,
): string | undefined {
  const { name, total, tolerance, floor, basis } = slot
  const parts = Float64Array.from(slot.features, (feature) => from[feature])
  const negative = parts.findIndex((part) => part < 0)
  if (negative >= 0)
    return `feature "${features[slot.features[negative]]}" is ${parts[negative]}; a part of composition "${name}" cannot be negative`
  const sum = parts.reduce((whole, part) => whole + part, 0)
  // Missing as a whole when one part is.
  if (Number.isNaN(sum)) {
    for (let k = 0; k < parts.length - 1; k++) to[at + k] = Number.NaN
    return undefined
  }
  if (Math.abs(sum - total) > tolerance * total)
    return `the parts of composition "${name}" sum to ${sum}; expected ${total}, give or take ${tolerance * total}`
  const coordinates = ilr(closed(parts, floor), basis)
  for (let k = 0; k < coordinates.length; k++) to[at + k] = coordinates[k]
  return undefined
}
