import { harmless } from '../telemetry/terminal.js'

/** Longest text of what was wrong with the first record of a reason: it may hold what anybody has written. */
const LONGEST = 200

/** Records that could not be decoded, counted by reason. */
export class Rejections {
  readonly #byReason = new Map<string, { count: number; readonly detail: string }>()

  get count(): number {
    return [...this.#byReason.values()].reduce((sum, { count }) => sum + count, 0)
  }

  add(rejections: readonly { readonly reason: string; readonly detail: string }[]): void {
    for (const { reason, detail } of rejections) {
      const known = this.#byReason.get(reason) ?? { count: 0, detail }
      known.count++
      this.#byReason.set(reason, known)
    }
  }

  /** Each reason with its count and what was wrong with its first record; empty where there is none. */
  get text(): string {
    return [...this.#byReason].map(([reason, { count, detail }]) => `${count} ${reason} (${harmless(detail, LONGEST)})`).join('; ')
  }
}
