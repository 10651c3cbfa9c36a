/** A group of features that are parts of a whole: only their ratios mean something. */
export interface Composition {
  /** Names of the features, two or more. */
  readonly parts: readonly string[]
  /** What the parts sum to. */
  readonly total: number
  /** How far the sum may be from it, as a share of the total. */
  readonly tolerance: number
  /** Smallest share of a part: what is below, zeros too, counts as this, and the other parts give way in proportion. */
  readonly floor: number
}

/** Which features are more than a plain number that every record has. */
export interface Kinds {
  /** Names of features, or of compositions, that a record may lack. */
  readonly optional: readonly string[]
  /** Names of features on a circle, each with its period. */
  readonly circular: Readonly<Record<string, number>>
  /** By a name of its own. */
  readonly compositional: Readonly<Record<string, Composition>>
  /** Names of features that are a classifier's logits; columns like any other, which some detectors read as what they are. */
  readonly logits?: readonly string[] | undefined
}

/** The features as records hold them, and of which kinds they are. */
export interface Inputs extends Kinds {
  /** In the order of the row. */
  readonly features: readonly string[]
}

/** Kinds that cannot be; `field` is where, below `kinds`. */
export class KindsFault extends Error {
  override readonly name = 'KindsFault'

  constructor(
    readonly field: readonly (string | number)[],
    readonly what: string,
  ) {
    super(`kinds.${field.join('.')}: ${what}`)
  }
}

/** A part that counts as so little leaves the others too little. */
const MOST_FLOOR = 0.5

/** What no list of features is needed to see. Throws `KindsFault`. */
export function checkKinds({ optional, circular, compositional, logits = [] }: Kinds): void {
  const owners = new Map(Object.keys(circular).map((name) => [name, 'circular']))
  for (const [name, { parts, floor }] of Object.entries(compositional)) {
    for (const [i, part] of parts.entries()) {
      const owner = owners.get(part)
      if (owner !== undefined)
        throw new KindsFault(['compositional', name, 'parts', i], `"${part}" is of ${owner} already; a feature is of one kind`)
      owners.set(part, `compositional.${name}`)
    }
    if (floor * parts.length >= MOST_FLOOR) {
      const most = MOST_FLOOR / parts.length
      throw new KindsFault(
        ['compositional', name, 'floor'],
        `is ${floor}; expected less than ${most.toPrecision(2)}, for there are ${parts.length} parts`,
      )
    }
  }
  for (const [i, name] of logits.entries()) {
    const owner = owners.get(name)
    if (owner !== undefined) throw new KindsFault(['logits', i], `"${name}" is of ${owner} already; a feature is of one kind`)
  }
  for (const [i, name] of optional.entries()) {
    const owner = owners.get(name)
    if (owner?.startsWith('compositional.')) {
      const whole = owner.slice('compositional.'.length)
      throw new KindsFault(['optional', i], `"${name}" is part of a composition, which is missing as a whole; name "${whole}" instead`)
    }
  }
}

/** Every feature that is named must be one of the row's. Throws `KindsFault`. */
export function checkNames({ features, optional, circular, compositional, logits = [] }: Inputs): void {
  const known = new Set(features)
  const need = (name: string, field: readonly (string | number)[], groups = false) => {
    if (known.has(name) || (groups && Object.hasOwn(compositional, name))) return
    const shown = features.slice(0, 8).join(', ')
    throw new KindsFault(field, `there is no feature "${name}"; the features are ${shown}${features.length > 8 ? ', …' : ''}`)
  }
  for (const [i, name] of optional.entries()) need(name, ['optional', i], true)
  for (const name of Object.keys(circular)) need(name, ['circular', name])
  for (const [i, name] of logits.entries()) need(name, ['logits', i])
  for (const [name, { parts }] of Object.entries(compositional)) {
    if (known.has(name))
      throw new KindsFault(['compositional', name], `a feature is called "${name}" too; give the composition a name of its own`)
    for (const [i, part] of parts.entries()) need(part, ['compositional', name, 'parts', i])
  }
}
