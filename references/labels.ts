import type { RowStore } from './row-store.js'

/** Labels that a reference tells apart; with "none" and "another" 256 at most. */
const MOST_LABELS = 254
/** Rows that a label must have to be told apart from the other rare ones. */
const LEAST_ROWS = 20
/** Names that are counted while rows are read; what has more is no label. */
const MOST_COUNTED = 4096

/** How labels are numbered. */
export interface LabelNumbers {
  /** The number of a label; 0 where there is none. */
  of(label: string | undefined): number
}

/** The numbers that a reference with these labels gives: 0 = none, then its labels from 1 on, and one more for all others. */
export function labelNumbers(labels: readonly string[]): LabelNumbers {
  const numbers = new Map(labels.map((label, i) => [label, i + 1]))
  const other = labels.length + 1
  return { of: (label) => (label === undefined ? 0 : (numbers.get(label) ?? other)) }
}

/** What an alert calls a label in the place of a feature. */
export function labelShown(labels: readonly string[] = [], number: number): string {
  if (number === 0) return 'no label'
  return number > labels.length ? 'other labels' : `label=${labels[number - 1]}`
}

/** Labels of rows, by the numbers of the reference. */
export interface RowLabels {
  /** By name, without none and the others. */
  readonly names: readonly string[]
  /** Of rows [from, to). */
  read(from: number, to: number): Float32Array
  /** With the labels of other rows, kept in a store of the same kind: what a purge or a detrending leaves. */
  another(n: number): { readonly labels: RowLabels; keep(from: number, to: number): void }
  /** Gives the labels up; may be called again. */
  close(): void
}

/** Numbers labels as they come and counts them: which of them a reference will tell apart is known at the end. */
export class LabelCensus implements LabelNumbers {
  readonly #numbers = new Map<string, number>()
  /** By number; at 0 those without a label. */
  readonly #counts: number[] = [0]

  of(label: string | undefined): number {
    const number = label === undefined ? 0 : this.#number(label)
    this.#counts[number] = (this.#counts[number] ?? 0) + 1
    return number
  }

  /**
   * The rows whose census numbers a store of width 1 holds. The labels of most rows are told apart, up to 254 that have at least 20 each,
   * in the order of their names: it does not matter in which order they came.
   */
  rows(store: RowStore): RowLabels {
    const names = [...this.#numbers]
      .filter(([, number]) => this.#counts[number] >= LEAST_ROWS)
      .sort(([a, i], [b, j]) => this.#counts[j] - this.#counts[i] || (a < b ? -1 : 1))
      .slice(0, MOST_LABELS)
      .map(([name]) => name)
      .sort((a, b) => (a < b ? -1 : 1))
    const numbers = labelNumbers(names)
    const final = new Float32Array(MOST_COUNTED + 2).fill(names.length + 1)
    final[0] = 0
    for (const [name, number] of this.#numbers) final[number] = numbers.of(name)
    return new StoredLabels(names, store, final)
  }

  #number(label: string): number {
    const known = this.#numbers.get(label)
    if (known !== undefined) return known
    if (this.#numbers.size === MOST_COUNTED) return MOST_COUNTED + 1
    this.#numbers.set(label, this.#numbers.size + 1)
    return this.#numbers.size
  }
}

class StoredLabels implements RowLabels {
  constructor(
    readonly names: readonly string[],
    private readonly store: RowStore,
    /** By census number, the number of the reference. */
    private readonly final: Float32Array,
  ) {}

  read(from: number, to: number): Float32Array {
    return Float32Array.from(this.store.read(from, to), (number) => this.final[number])
  }

  another(n: number): { readonly labels: RowLabels; keep(from: number, to: number): void } {
    const store = this.store.another(n)
    return { labels: new StoredLabels(this.names, store, this.final), keep: (from, to) => store.append(this.store.read(from, to)) }
  }

  close(): void {
    this.store.close()
  }
}
