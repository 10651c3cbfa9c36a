import type { Moments } from './moments.js'
import { packedLength } from './packed.js'

/** Correlations that so many standard errors of n rows could show by chance join nothing. */
const STANDARD_ERRORS = 4

/** A pair is sorted as one number, its strength in steps of 2^-28 before its place among the pairs: there may be millions. */
const STRENGTHS = 2 ** 28
const PAIRS = 2 ** 24

/**
 * Groups of up to `most` of the given features, by correlation: the strongest first, a pair's groups are joined unless they would grow
 * too large. Does not depend on the order of the features, ties aside.
 */
export const correlatedGroups = (moments: Moments, features: readonly number[], most: number): number[][] => {
  const groupOf = new Map(features.map((feature): [number, number[]] => [feature, [feature]]))
  for (const [one, other] of pairsByCorrelation(moments, features)) {
    const [a, b] = [groupOf.get(one) ?? [], groupOf.get(other) ?? []]
    if (a === b || a.length + b.length > most) continue
    for (const feature of b) groupOf.set(feature, a)
    a.push(...b)
  }
  return [...new Set(groupOf.values())].map((group) => group.toSorted((a, b) => a - b))
}

/** Pairs whose correlation chance does not explain, the strongest first. */
function* pairsByCorrelation({ n, scatter }: Moments, features: readonly number[]): Generator<readonly [number, number]> {
  const entry = (i: number, j: number) => scatter[packedLength(Math.max(i, j)) + Math.min(i, j)]
  const least = STANDARD_ERRORS / Math.sqrt(n)
  const keys = new Float64Array(packedLength(features.length - 1))
  let count = 0
  for (let at = 0, i = 1; i < features.length; i++) {
    for (let j = 0; j < i; j++, at++) {
      const [one, other] = [features[i], features[j]]
      const strength = Math.abs(entry(one, other)) / Math.sqrt(entry(one, one) * entry(other, other))
      if (strength > least) keys[count++] = Math.round(strength * STRENGTHS) * PAIRS + at
    }
  }
  for (const key of keys.subarray(0, count).sort().reverse()) {
    const at = key % PAIRS
    const i = Math.floor((1 + Math.sqrt(1 + 8 * at)) / 2)
    yield [features[i], features[at - packedLength(i - 1)]]
  }
}
