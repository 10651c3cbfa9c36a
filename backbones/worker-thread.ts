import './no-telemetry.js'
import { Worker } from 'node:worker_threads'
import type { Answer } from './serve.js'
import { endTurn, hasTurn, type Turns } from './turns.js'

export interface ThreadOptions {
  /** What it is, for messages: `embedding worker`. */
  readonly name: string
  /** It calls `serve`. */
  readonly script: URL
  /** Its `workerData`. */
  readonly setup: object
  /** Those that it takes; they end with it, however it ends. */
  readonly turns?: Turns
  /** Longest time of a task, in ms, after which the thread counts as hung; undefined: any. */
  readonly timeout?: number | undefined
}

/** A start may take longer than a task by so much: drivers compile kernels then. */
const START = 10

/** Threads that may hang and be replaced: as many as one task makes hang, being tried twice. What hangs further is not that task's fault. */
const MOST_HUNG = 2

/** All threads of this process that have not exited, and of these the ones that hang. */
const running = new Set<{ close(): Promise<void> }>()
const hung = new Set<{ readonly hasTurn: boolean }>()
let ending = false

/** Threads that came back neither from a task nor at their end, and may never: while there are any, `process.exit` does not return. */
export const hungThreads = (): number => hung.size

/**
 * Ends all threads between two tasks, and starts no others: to be awaited before the process exits in the middle of its work, since a thread
 * that is killed while it runs a model makes ONNX Runtime abort the process.
 */
export async function closeThreads(): Promise<void> {
  ending = true
  await Promise.all([...running].map((thread) => thread.close()))
}

/** The thread is gone, or given up, and with it whatever it had in hand. `of`: the task that it was at. */
export class ThreadDied extends Error {
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

/**
 * A worker thread that does tasks; they and their answers keep their order, so a queue pairs them. One that does not answer in time cannot be
 * ended (nothing stops a run of ONNX Runtime): it is given up where it hangs, and ends itself should it ever come back.
 */
export class WorkerThread<Task extends object, Result> {
  /** @throws Error with what the thread says when it cannot start, or when too much hangs for another one to be of use */
  static async start<Task extends object, Result>(options: ThreadOptions): Promise<WorkerThread<Task, Result>> {
    refuseWhereNoUse(options)
    const thread = new WorkerThread<Task, Result>(options)
    try {
      await thread.#ready
      return thread
    } catch (error) {
      await thread.#gone
      throw error
    }
  }

  readonly #worker: Worker
  /** The worker forgets it when it exits. */
  readonly #id: number
  readonly #waiting: Waiting<Task, Result>[] = []
  readonly #ready: Promise<void>
  #started!: { resolve(): void; reject(error: Error): void }
  /** Exited or hung. */
  readonly #gone: Promise<void>
  #leave: () => void = () => undefined
  #fault: string | undefined
  #toldToEnd = false
  #watch: NodeJS.Timeout | undefined

  private constructor(private readonly options: ThreadOptions) {
    const { name, script, setup, timeout } = options
    this.#worker = new Worker(script, { workerData: setup })
    this.#id = this.#worker.threadId
    this.#ready = new Promise((resolve, reject) => {
      this.#started = { resolve, reject }
    })
    this.#gone = new Promise((resolve) => {
      this.#leave = resolve
    })
    this.#worker.on('message', (message: Answer<Result>) => this.#answer(message))
    this.#worker.on('error', (error) => this.#die(error.message))
    this.#worker.on('exit', (code) => this.#exit(`the ${name} exited with code ${code}`))
    running.add(this)
    this.#watchFor(timeout && START * timeout)
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Why it does no more tasks, if so. */
  get fault(): string | undefined {
    return this.#fault
  }

  get hasTurn(): boolean {
    return hasTurn(this.options.turns, this.#id)
  }

  /** `transfer`: buffers of the task that are given away with it. Rejects with `ThreadDied` where the thread is gone; else the thread works on. */
  do(task: Task, transfer: readonly ArrayBuffer[] = []): Promise<Result> {
    if (this.#fault !== undefined) return Promise.reject(new ThreadDied(this.#fault))
    return new Promise((resolve, reject) => {
      // First what can throw: an entry that gets no answer would take that of the next task.
      this.#worker.postMessage(task, transfer)
      this.#waiting.push({ task, resolve, reject })
      if (this.#waiting.length === 1) this.#watchFor(this.options.timeout)
    })
  }

  /** Resolves when it has done what it has in hand and exited, or hangs. */
  async close(): Promise<void> {
    this.#fault ??= `the ${this.options.name} is closed`
    this.#end()
    await this.#gone
  }

  #end(): void {
    if (this.#toldToEnd) return
    this.#toldToEnd = true
    this.#worker.postMessage('end')
    if (this.#waiting.length === 0) this.#watchFor(this.options.timeout)
  }

  #answer(message: Answer<Result>): void {
    if (message.kind === 'failed') {
      this.#die(message.message)
      return
    }
    if (message.kind === 'ready') this.#started.resolve()
    else if (message.kind === 'done') this.#waiting.shift()?.resolve(message.result)
    else this.#waiting.shift()?.reject(new Error(message.message))
    const under = this.#waiting.length > 0 || this.#toldToEnd
    this.#watchFor(under ? this.options.timeout : undefined)
  }

  /** Its exit is still to come. */
  #die(fault: string): void {
    this.#fault ??= fault
    const died = new ThreadDied(this.#fault, this.#waiting[0]?.task)
    this.#started.reject(died)
    for (const waiting of this.#waiting.splice(0)) waiting.reject(died)
    this.#watchFor(this.options.timeout)
  }

  #exit(fault: string): void {
    this.#die(fault)
    this.#watchFor(undefined)
    running.delete(this)
    hung.delete(this)
    endTurn(this.options.turns, this.#id)
    this.#leave()
  }

  #hang(ms: number): void {
    hung.add(this)
    this.#die(`the ${this.options.name} hangs: no answer for ${ms / 1000} s`)
    this.#end()
    this.#leave()
  }

  /** It must say something within so many ms from now on. */
  #watchFor(ms: number | undefined): void {
    clearTimeout(this.#watch)
    if (ms === undefined || hung.has(this)) {
      this.#watch = undefined
      return
    }
    // What came in while this thread was kept from looking is looked at first.
    const watch = setTimeout(() => setImmediate(() => this.#watch === watch && this.#hang(ms)), ms)
    this.#watch = watch
  }
}

function refuseWhereNoUse({ turns }: ThreadOptions): void {
  if (ending) throw new Error('the process is ending')
  if (hung.size > MOST_HUNG)
    throw new Error(`${hung.size} threads of this process hang in the driver or the model; only a new process is rid of them`)
  if (turns !== undefined && [...hung].some((thread) => thread.hasTurn))
    throw new Error('a thread that hangs is in WebGPU, which a process has once; only a new process is rid of it')
}
