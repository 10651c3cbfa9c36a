import { NotEmbedded } from './embedder.js'
import { ThreadDied, type WorkerThread } from './worker-thread.js'

/**
 * Worker threads that do the same. One that dies, hangs, or fails at a task, is replaced, and what it was at is tried once more, by whichever is
 * idle; so a task must not be given away with its message.
 */
export class Crew<Task extends object, Result> {
  /** @throws Error with what a worker says when it cannot start */
  static async of<Task extends object, Result>(
    what: string,
    count: number,
    start: (place: number) => Promise<WorkerThread<Task, Result>>,
    onRestart?: (message: string) => void,
  ): Promise<Crew<Task, Result>> {
    return new Crew(what, await Promise.all(Array.from({ length: count }, (_, place) => start(place))), start, onRestart)
  }

  readonly #threads: WorkerThread<Task, Result>[]
  /** By the place of a dead thread, until another one has it. */
  readonly #replacing = new Map<number, Promise<void>>()

  constructor(
    /** What its members are, for messages: `the backbone failed`. */
    private readonly what: string,
    threads: readonly WorkerThread<Task, Result>[],
    /** The one that works at this place, which counts from 0. */
    private readonly start: (place: number) => Promise<WorkerThread<Task, Result>>,
    private readonly onRestart: (message: string) => void = () => undefined,
  ) {
    this.#threads = [...threads]
  }

  /** By the thread that has least to do. Rejects with `NotEmbedded` when two have died, hung or failed of it; with another error when none can be started. */
  async do(task: Task): Promise<Result> {
    for (let deaths = 0; ; ) {
      const dead = [...this.#threads.entries()].filter(([, { fault }]) => fault !== undefined)
      if (dead.length > 0) await Promise.all(dead.map(([place, { fault }]) => this.#replace(place, fault)))
      try {
        return await this.#idlest().do(task)
      } catch (error) {
        if (!(error instanceof ThreadDied)) throw error
        // What only waited behind another task is not to blame.
        if (error.of === task) deaths++
        if (deaths === 2) throw new NotEmbedded(`the ${this.what} failed twice: ${error.message}`, { cause: error })
      }
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#replacing.values())
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  #idlest(): WorkerThread<Task, Result> {
    return this.#threads.reduce((least, thread) => (thread.waiting < least.waiting ? thread : least))
  }

  #replace(place: number, fault = ''): Promise<void> {
    const under = this.#replacing.get(place)
    if (under !== undefined) return under
    this.onRestart(fault)
    const started = this.start(place)
      .then(
        (thread) => {
          this.#threads[place] = thread
        },
        (error) => {
          throw new Error(`a ${this.what} has died (${fault}) and cannot be started again: ${error.message}`, { cause: error })
        },
      )
      .finally(() => this.#replacing.delete(place))
    this.#replacing.set(place, started)
    return started
  }
}
