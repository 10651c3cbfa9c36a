/** Work on one thing after the other, work on different things side by side. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Does the work when all that was asked for before on the same thing has ended, whether well or not. */
  take<Result>(thing: string, work: () => Promise<Result>): Promise<Result> {
    const mine = (this.#last.get(thing) ?? Promise.resolve()).then(work)
    this.#last.set(
      thing,
      mine.catch(() => {}),
    )
    return mine
  }
}
