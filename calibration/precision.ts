/** The bar lowered while alerts open: decaying-memory LORD (Rebjock et al. 2021) over slots of records, above the budget's own rate. */

/** The last alerts that lower the bar, at most. */
const REMEMBERED = 1000
/** Below this share of its worth an alert is forgotten. */
const FORGOTTEN = 1e-6

export interface PrecisionPolicy {
  /** Records of a partition that make up one test: as many as even the shortest alert stays open. */
  readonly slot: number
  /** False alarms that the budget expects in a slot. */
  readonly base: number
  /** False alarms that each alert allows beyond the budget: 1 - precision. */
  readonly share: number
  /** The bar on a with which so many false alarms are expected in a slot. */
  bar(perSlot: number): number
}

/** How LORD spreads the worth of a discovery over the tests after it, from the first on; sums to about 1. */
export const gammaOf = (j: number): number => (0.07720838 * Math.log(Math.max(j, 2))) / (j * Math.exp(Math.sqrt(Math.log(j))))

/**
 * False alarms that may be expected in a test, alpha_t = base + share * sum over discoveries of delta^age gamma(age): with the memory
 * delta = 1 - base / share the first term of the original, share * max(gamma(t), 1 - delta), is the base once t is large.
 * @param ages in tests, at least 1, of the discoveries
 */
export function allowedIn({ base, share }: Pick<PrecisionPolicy, 'base' | 'share'>, ages: readonly number[]): number {
  const delta = Math.max(0, 1 - base / share)
  let sum = 0
  for (const age of ages) {
    const worth = delta ** age
    if (worth >= FORGOTTEN) sum += worth * gammaOf(age)
  }
  return base + share * sum
}

/**
 * The bar of a partition by its offsets: a function of the alerts that opened in earlier slots and of nothing else, so that records that are
 * folded again after a restart meet the bar that they met before, although later alerts are known by then.
 */
export class PrecisionBar {
  #slot = -1
  #bar = 0
  readonly #found: number[]

  /** @param found offsets of the records that opened alerts, rising */
  constructor(
    found: readonly number[],
    private readonly policy: PrecisionPolicy,
  ) {
    this.#found = [...found]
  }

  at(offset: number): number {
    const slot = this.#slotOf(offset)
    if (slot === this.#slot) return this.#bar
    this.#slot = slot
    const ages = this.#found.map((found) => slot - this.#slotOf(found)).filter((age) => age > 0)
    this.#bar = this.policy.bar(allowedIn(this.policy, ages.slice(-REMEMBERED)))
    return this.#bar
  }

  /** The record has opened so many alerts. */
  add(offset: number, alerts: number): void {
    for (let i = 0; i < alerts; i++) this.#found.push(offset)
  }

  /** What the bar from the offset `oldest` on depends on. */
  found(oldest: number): readonly number[] {
    const before = this.#found.filter((offset) => offset < oldest).length
    return this.#found.slice(Math.max(0, before - REMEMBERED))
  }

  #slotOf(offset: number): number {
    return Math.floor(offset / this.policy.slot)
  }
}
