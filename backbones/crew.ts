import { Worker } from 'node:worker_threads'
import { NotEmbedded } from './embedder.js'

export type CrewAnswer<Result> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly result: Result }
  /** At the start, or at the task that is next; the thread ends itself. */
  | { readonly kind: 'failed'; readonly message: string }

/**
 * Worker threads that do the same. One that dies, or fails at a task, is replaced, and what it was at is tried once more, by whichever is
 * idle; so a task must not be given away with its message.
 */
export class Crew<Task extends object, Result> {
  /** @throws Error with what a worker says when it cannot start */
  static async of<Task extends object, Result>(
    what: string,
    count: number,
    start: () => Promise<CrewThread<Task, Result>>,
    onRestart?: (message: string) => void,
  ): Promise<Crew<Task, Result>> {
    return new Crew(what, await Promise.all(Array.from({ length: count }, start)), start, onRestart)
  }

  readonly #threads: CrewThread<Task, Result>[]
  /** By the place of a dead thread, until another one has it. */
  readonly #replacing = new Map<number, Promise<void>>()

  constructor(
    /** What its members are, for messages: `the backbone failed`. */
    private readonly what: string,
    threads: readonly CrewThread<Task, Result>[],
    private readonly start: () => Promise<CrewThread<Task, Result>>,
    private readonly onRestart: (message: string) => void = () => undefined,
  ) {
    this.#threads = [...threads]
  }

  /** By the thread that has least to do. Rejects with `NotEmbedded` when two have died or failed of it; with another error when none can be started. */
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

  #idlest(): CrewThread<Task, Result> {
    return this.#threads.reduce((least, thread) => (thread.waiting < least.waiting ? thread : least))
  }

  #replace(place: number, fault = ''): Promise<void> {
    const under = this.#replacing.get(place)
    if (under !== undefined) return under
    this.onRestart(fault)
    const started = this.start()
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

/** The thread is gone, and with it whatever it had in hand. `of`: the task that it was at. */
class ThreadDied extends Error {
  override readonly name = 'ThreadDied'

  constructor(
    message: string,
    readonly of?: object,
  ) {
    super(message)
  }
}

interface Waiting<Task, Result> {
  readonly task: Task
  resolve(result: Result): void
  reject(error: Error): void
}

/** One worker thread; tasks and answers keep their order, so a queue pairs them. */
export class CrewThread<Task extends object, Result> {
  /** @throws Error with what the worker says when it cannot start */
  static async start<Task extends object, Result>(script: URL, name: string, setup: unknown): Promise<CrewThread<Task, Result>> {
    const thread = new CrewThread<Task, Result>(new Worker(script, { workerData: setup }), name)
    await thread.#ready
    return thread
  }

  readonly #waiting: Waiting<Task, Result>[] = []
  readonly #ready: Promise<void>
  readonly #exited: Promise<void>
  #started!: { resolve(): void; reject(error: Error): void }
  #fault: string | undefined

  private constructor(
    private readonly worker: Worker,
    name: string,
  ) {
    this.#ready = new Promise((resolve, reject) => {
      this.#started = { resolve, reject }
    })
    worker.on('message', (message: CrewAnswer<Result>) => this.#answer(message))
    worker.on('error', (error) => this.#die(error.message))
    this.#exited = new Promise((resolve) => {
      worker.on('exit', (code) => resolve(this.#die(`the ${name} exited with code ${code}`)))
    })
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Why it is dead, if it is. */
  get fault(): string | undefined {
    return this.#fault
  }

  do(task: Task): Promise<Result> {
    if (this.#fault !== undefined) return Promise.reject(new ThreadDied(this.#fault))
    return new Promise((resolve, reject) => {
      this.#post(task)
      this.#waiting.push({ task, resolve, reject })
    })
  }

  async close(): Promise<void> {
    if (this.#fault === undefined) this.#post('end')
    await this.#exited
  }

  #post(request: Task | 'end'): void {
    this.worker.postMessage(request)
  }

  #answer(message: CrewAnswer<Result>): void {
    if (message.kind === 'ready') this.#started.resolve()
    else if (message.kind === 'done') this.#waiting.shift()?.resolve(message.result)
    else this.#die(message.message)
  }

  #die(fault: string): void {
    this.#fault ??= fault
    const died = new ThreadDied(this.#fault, this.#waiting[0]?.task)
    this.#started.reject(died)
    for (const waiting of this.#waiting.splice(0)) waiting.reject(died)
  }
}
