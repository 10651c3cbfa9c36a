import type { Rejection, Row } from '../codec.js'
import { isObject, type Path, parsePath, valueAt } from './path.js'
import { isMissing, notANumber, reject, show } from './rejection.js'

/** Reads the features of a parsed message into a row. */
export interface FeatureReader {
  read(root: unknown, row: Row): Rejection | undefined
}

/** Features that are named fields, read container by container. */
export class NamedFeatures implements FeatureReader {
  readonly #containers: readonly Container[]

  /** @param mayMiss per feature, whether a record may lack it; none may where left out */
  constructor(features: readonly string[], mayMiss?: readonly boolean[]) {
    const containers = new Map<string, Container>()
    for (const [slot, feature] of features.entries()) {
      const path = parsePath(feature)
      const parent = path.slice(0, -1)
      const container = containers.get(parent.join('\0')) ?? new Container(parent)
      containers.set(parent.join('\0'), container)
      container.add(feature, path[path.length - 1], slot, mayMiss?.[slot] === true)
    }
    this.#containers = [...containers.values()]
  }

  read(root: unknown, row: Row): Rejection | undefined {
    for (const container of this.#containers) {
      const rejection = container.read(root, row)
      if (rejection !== undefined) return rejection
    }
    return undefined
  }
}

/** The features that stand in one object of the message. */
class Container {
  readonly #path: Path
  readonly #features: string[] = []
  readonly #keys: string[] = []
  readonly #slots: number[] = []
  readonly #mayMiss: boolean[] = []

  constructor(path: Path) {
    this.#path = path
  }

  add(feature: string, key: string, slot: number, mayMiss: boolean): void {
    this.#features.push(feature)
    this.#keys.push(key)
    this.#slots.push(slot)
    this.#mayMiss.push(mayMiss)
  }

  /** Walks the object's own order first, which costs a third of looking each key up; falls back when the message has another order. */
  read(root: unknown, row: Row): Rejection | undefined {
    const object = valueAt(root, this.#path)
    if (!isObject(object)) return this.#readByKey({}, row)
    const { values, at } = row
    const keys = this.#keys
    const slots = this.#slots
    let next = 0
    for (const key in object) {
      if (key !== keys[next]) continue
      const value = object[key]
      if (typeof value === 'number' && value - value === 0) values[at + slots[next]] = value
      else if (this.#mayMiss[next] && isMissing(value)) values[at + slots[next]] = Number.NaN
      else return notANumber(this.#features[next], value)
      if (++next === keys.length) break
    }
    // Inherited keys come after own ones: if the last is the object's own, all are.
    if (next === keys.length && Object.hasOwn(object, keys[next - 1])) return undefined
    return this.#readByKey(object, row)
  }

  #readByKey(object: Readonly<Record<string, unknown>>, { values, at }: Row): Rejection | undefined {
    for (let i = 0; i < this.#keys.length; i++) {
      const key = this.#keys[i]
      const value = Object.hasOwn(object, key) ? object[key] : undefined
      if (typeof value === 'number' && value - value === 0) values[at + this.#slots[i]] = value
      else if (this.#mayMiss[i] && isMissing(value)) values[at + this.#slots[i]] = Number.NaN
      else return notANumber(this.#features[i], value)
    }
    return undefined
  }
}

/** Features that are one array of numbers. */
export class VectorFeature implements FeatureReader {
  readonly #name: string
  readonly #path: Path
  readonly #features: readonly string[]

  /** @param mayMiss per feature, whether a record may lack it; none may where left out */
  constructor(
    vector: string,
    features: readonly string[],
    private readonly mayMiss?: readonly boolean[],
  ) {
    this.#name = vector
    this.#path = parsePath(vector)
    this.#features = features
  }

  read(root: unknown, { values, at }: Row): Rejection | undefined {
    const vector = valueAt(root, this.#path)
    if (!Array.isArray(vector)) {
      const reason = vector === undefined || vector === null ? 'missing_feature' : 'not_a_number'
      return reject(reason, `"${this.#name}" is ${show(vector)}; expected an array of ${this.#features.length} numbers`)
    }
    if (vector.length !== this.#features.length) {
      return reject('dimension', `"${this.#name}" has ${vector.length} values; expected ${this.#features.length}`)
    }
    for (let i = 0; i < vector.length; i++) {
      const value: unknown = vector[i]
      if (typeof value === 'number' && value - value === 0) values[at + i] = value
      else if (this.mayMiss?.[i] && isMissing(value)) values[at + i] = Number.NaN
      else return notANumber(this.#features[i], value)
    }
    return undefined
  }
}

/** Rejects fields that no option names, in every object that a named path goes through. */
export class ExtraFields {
  readonly #known = new Map<string, { readonly path: Path; readonly keys: Set<string> }>()

  constructor(named: readonly string[]) {
    for (const path of named.map(parsePath)) {
      for (let depth = 0; depth < path.length; depth++) {
        const parent = path.slice(0, depth)
        const known = this.#known.get(parent.join('\0')) ?? { path: parent, keys: new Set() }
        this.#known.set(parent.join('\0'), known)
        known.keys.add(path[depth])
      }
    }
  }

  find(root: unknown): Rejection | undefined {
    for (const { path, keys } of this.#known.values()) {
      const object = valueAt(root, path)
      if (!isObject(object)) continue
      const extra = Object.keys(object).find((key) => !keys.has(key))
      if (extra !== undefined) return reject('extra_feature', `the field ${show([...path, extra].join('.'))} is named by no option`)
    }
    return undefined
  }
}
