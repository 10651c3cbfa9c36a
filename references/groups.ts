import { FitRefused } from './refusal.js'
import type { RowStore } from './row-store.js'
import type { Rows } from './rows.js'

/** Rows that are read in one step. */
const STEP_ROWS = 2 ** 16

/** Numbers groups by their names as rows come, from 1 on; 0 is none. Holds every name. */
export class GroupNumbers {
  readonly #numbers = new Map<string, number>()

  of(group: string | undefined): number {
    if (group === undefined) return 0
    const known = this.#numbers.get(group)
    if (known !== undefined) return known
    this.#numbers.set(group, this.#numbers.size + 1)
    return this.#numbers.size
  }
}

/** What a fit found of groups, for people. */
export interface GroupCensus {
  readonly groups: number
  /** Rows of the largest. */
  readonly largest: number
  /** Rows without a group. */
  readonly alone: number
  /** As many independent rows as these are worth at least: where the rows of a group are all the same (Kish 1965). */
  readonly effective: number
}

/** Of each row its fold, from 0. */
export interface GroupedFolds extends GroupCensus {
  readonly foldOf: Uint8Array
  readonly count: number
}

/** Rows of one group; a row without one is alone. */
interface Units {
  /** Of each row; numbered in the order of their first rows. */
  readonly of: Int32Array
  readonly sizes: readonly number[]
  /** Where its rows lie in their streams on average, 0 to 1. */
  readonly places: readonly number[]
  readonly census: GroupCensus
}

/**
 * Puts every group whole into one of `count` folds of about equal size, over all streams; the first that there are groups enough for.
 * Groups that lie earlier in their streams are in earlier folds, as far as groups have a place: the halves of the folds are the halves of
 * the reference in time. Names do not matter. Throws `FitRefused` when there are fewer groups than the least count, or none has a name.
 */
export function groupFolds({ n, streams }: Pick<Rows, 'n' | 'streams'>, groups: RowStore, counts: readonly number[]): GroupedFolds {
  const units = unitsOf({ n, streams }, groups)
  const { sizes, places, census } = units
  checkGroups(census, n)
  const count = counts.find((folds) => folds <= sizes.length)
  if (count === undefined) throw tooFew(census, n, counts)
  const order = Int32Array.from(sizes.keys()).sort((a, b) => places[a] - places[b] || a - b)
  const foldOfUnit = new Uint8Array(sizes.length)
  inFolds(
    Array.from(order, (unit) => sizes[unit]),
    count,
  ).forEach((fold, i) => {
    foldOfUnit[order[i]] = fold
  })
  return { foldOf: Uint8Array.from(units.of, (unit) => foldOfUnit[unit]), count, ...census }
}

/** Cuts sizes, in their order, into `count` folds of which none is empty: one ends where it comes nearest to its share of what is left. */
function inFolds(sizes: readonly number[], count: number): number[] {
  let [fold, held, left] = [0, 0, sizes.reduce((sum, size) => sum + size, 0)]
  return sizes.map((size, i) => {
    const later = count - 1 - fold
    const full = held + size / 2 > left / (later + 1)
    if (later > 0 && held > 0 && (full || sizes.length - i === later)) {
      left -= held
      held = 0
      fold++
    }
    held += size
    return fold
  })
}

function unitsOf({ n, streams }: Pick<Rows, 'n' | 'streams'>, groups: RowStore): Units {
  const of = new Int32Array(n)
  const sizes: number[] = []
  const sums: number[] = []
  const named = new Map<number, number>()
  const unitOf = (group: number): number => {
    const known = named.get(group)
    if (known !== undefined) return known
    if (group !== 0) named.set(group, sizes.length)
    sums.push(0)
    return sizes.push(0) - 1
  }
  for (const { from, to } of streams) {
    for (let at = from; at < to; at += STEP_ROWS) {
      groups.read(at, Math.min(to, at + STEP_ROWS)).forEach((group, i) => {
        const unit = unitOf(group)
        of[at + i] = unit
        sizes[unit]++
        sums[unit] += (at + i - from + 0.5) / (to - from)
      })
    }
  }
  const largest = [...named.values()].reduce((most, unit) => Math.max(most, sizes[unit]), 0)
  const squares = sizes.reduce((sum, size) => sum + size * size, 0)
  const census = { groups: named.size, largest, alone: sizes.length - named.size, effective: (n * n) / squares }
  return { of, sizes, places: sums.map((sum, unit) => sum / sizes[unit]), census }
}

function checkGroups({ groups }: GroupCensus, n: number): void {
  if (groups > 0) return
  throw new FitRefused(
    'no_groups',
    `none of the ${n} rows has a group: text of 1 to 256 characters, or a number, was expected where decode.*.group says; name the place where it ` +
      'stands (field, { header: NAME } or { key: true }), or leave group out',
  )
}

function tooFew({ groups, alone }: GroupCensus, n: number, counts: readonly number[]): FitRefused {
  const others = alone === 0 ? '' : ` and ${alone} ${alone === 1 ? 'row' : 'rows'} without one`
  return new FitRefused(
    'too_few_groups',
    `the ${n} rows are of ${groups} ${groups === 1 ? 'group' : 'groups'}${others}, at least ${counts.at(-1)} are needed to hold some out, and ${counts[0]} or more are ` +
      'better; name finer groups (decode.*.group: the product, tile or clip, not its kind), give rows of more of them, or leave group out',
  )
}
