/** What all names after the first `max` are called. */
export const OTHER = 'other'

const LONGEST_NAME = 128

/**
 * Names from outside as label values: the first `max` of them keep their name, all later ones are `other`.
 * So the number of series is bounded whatever the input; which names come first is up to the input.
 */
export class BoundedNames {
  readonly #kept = new Set<string>()
  readonly #max: number
  readonly #added: (name: string) => void

  /** `added` is called once for every label value that can occur, before it is first returned. */
  constructor(max: number, added: (name: string) => void) {
    this.#max = max
    this.#added = added
    added(OTHER)
  }

  label(name: string): string {
    const short = name.length > LONGEST_NAME ? name.slice(0, LONGEST_NAME) : name
    if (short === OTHER || this.#kept.has(short)) return short
    if (this.#kept.size >= this.#max) return OTHER
    this.#kept.add(short)
    this.#added(short)
    return short
  }
}
