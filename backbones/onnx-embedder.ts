import { Worker } from 'node:worker_threads'
import { type EmbeddedPictures, type Embedder, NotEmbedded, type PictureShifts, type PictureTrace } from './embedder.js'
import type { EmbeddingMessage, EmbeddingRequest, EmbeddingResult, EmbeddingSetup, EmbeddingTask } from './embedding-worker.js'
import { firstProvider } from './providers.js'
import type { ExecutionProvider } from './scorer.js'

export interface EmbedderOptions extends Omit<EmbeddingSetup, 'provider'> {
  /** Tried in this order; ONNX Runtime itself does not fall back. */
  readonly providers: readonly ExecutionProvider[]
  /** Worker threads, each with `threads` of its own and a copy of the model. */
  readonly workers: number
  /** Told of each provider that could not be used, and why. */
  readonly onUnavailable?: (provider: ExecutionProvider, message: string) => void
  /** Told when a worker has died and another one takes its place. */
  readonly onRestart?: (message: string) => void
}

/** Tasks that a worker is given at a time: while one runs, the pictures of the next are decoded. */
const TASKS = 2

/**
 * Starts the backbone in worker threads on the first execution provider that works. A worker that dies, or whose backbone fails (a driver
 * that resets, no memory left on the device), is replaced, and what it was at is tried once more.
 * Throws when no provider works, naming each with its fault.
 */
export async function startEmbedder({ providers, workers, onUnavailable, onRestart, ...setup }: EmbedderOptions): Promise<Embedder> {
  const start = (provider: ExecutionProvider) => EmbeddingThread.start({ ...setup, provider })
  const { provider, made } = await firstProvider(providers, start, onUnavailable)
  const others = await Promise.all(Array.from({ length: workers - 1 }, () => start(provider)))
  return new OnnxEmbedder(provider, setup.d, [made, ...others], () => start(provider), onRestart)
}

class OnnxEmbedder implements Embedder {
  readonly lanes: number
  readonly #threads: EmbeddingThread[]
  /** By the place of a dead thread, until another one has it. */
  readonly #replacing = new Map<number, Promise<void>>()
  #closed = false

  constructor(
    readonly provider: string,
    readonly d: number,
    threads: readonly EmbeddingThread[],
    private readonly start: () => Promise<EmbeddingThread>,
    private readonly onRestart: (message: string) => void = () => undefined,
  ) {
    this.#threads = [...threads]
    this.lanes = TASKS * threads.length
  }

  async embed(pictures: readonly Uint8Array[]): Promise<EmbeddedPictures> {
    return (await this.#do({ kind: 'embed', pictures: pictures.map(alone) })) as EmbeddedPictures
  }

  async degrade(picture: Uint8Array, columns: readonly number[], seed: number): Promise<PictureShifts | undefined> {
    return (await this.#do({ kind: 'degrade', picture: alone(picture), columns, seed })) as PictureShifts | undefined
  }

  async trace(picture: Uint8Array): Promise<PictureTrace> {
    return (await this.#do({ kind: 'trace', picture: alone(picture) })) as PictureTrace
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#replacing.values())
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  /** By the thread that has least to do; once more by another one where it dies of it. */
  async #do(task: EmbeddingTask): Promise<EmbeddingResult> {
    for (let deaths = 0; ; ) {
      if (this.#closed) throw new Error('the embedder is closed')
      const dead = [...this.#threads.entries()].filter(([, { fault }]) => fault !== undefined)
      if (dead.length > 0) await Promise.all(dead.map(([place, { fault }]) => this.#replace(place, fault)))
      try {
        return await this.#idlest().do(task)
      } catch (error) {
        if (!(error instanceof ThreadDied)) throw error
        // What only waited behind another task is not to blame.
        if (error.of === task) deaths++
        if (deaths === 2) throw new NotEmbedded(`the backbone failed twice: ${error.message}`, { cause: error })
      }
    }
  }

  #idlest(): EmbeddingThread {
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
          throw new Error(`a backbone has died (${fault}) and cannot be started again: ${error.message}`, { cause: error })
        },
      )
      .finally(() => this.#replacing.delete(place))
    this.#replacing.set(place, started)
    return started
  }
}

/** A view takes all of the memory behind it along to a worker, such as the whole of what was fetched with it. */
const alone = (picture: Uint8Array): Uint8Array => (picture.byteLength === picture.buffer.byteLength ? picture : new Uint8Array(picture))

/** The thread is gone, and with it whatever it had in hand. `of`: the task that it was at. */
class ThreadDied extends Error {
  override readonly name = 'ThreadDied'

  constructor(
    message: string,
    readonly of?: EmbeddingTask,
  ) {
    super(message)
  }
}

interface Waiting {
  readonly task: EmbeddingTask
  resolve(result: EmbeddingResult): void
  reject(error: Error): void
}

/** One worker thread; tasks and answers keep their order, so a queue pairs them. */
class EmbeddingThread {
  static async start(setup: EmbeddingSetup): Promise<EmbeddingThread> {
    const worker = new Worker(new URL('./embedding-worker.js', import.meta.url), { workerData: setup })
    const thread = new EmbeddingThread(worker)
    await thread.#ready
    return thread
  }

  readonly #waiting: Waiting[] = []
  readonly #ready: Promise<void>
  readonly #exited: Promise<void>
  #started!: { resolve(): void; reject(error: Error): void }
  #fault: string | undefined

  private constructor(private readonly worker: Worker) {
    this.#ready = new Promise((resolve, reject) => {
      this.#started = { resolve, reject }
    })
    worker.on('message', (message: EmbeddingMessage) => this.#answer(message))
    worker.on('error', (error) => this.#die(error.message))
    this.#exited = new Promise((resolve) => {
      worker.on('exit', (code) => resolve(this.#die(`the embedding worker exited with code ${code}`)))
    })
  }

  get waiting(): number {
    return this.#waiting.length
  }

  /** Why it is dead, if it is. */
  get fault(): string | undefined {
    return this.#fault
  }

  do(task: EmbeddingTask): Promise<EmbeddingResult> {
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

  #post(request: EmbeddingRequest): void {
    this.worker.postMessage(request)
  }

  #answer(message: EmbeddingMessage): void {
    if (message.kind === 'ready') this.#started.resolve()
    else if (message.kind === 'done') this.#waiting.shift()?.resolve(message.result)
    else {
      // What a failure has left behind is not to be met again. It ends itself: `terminate` in the middle of a run aborts the process.
      this.#die(message.message)
      this.#post('end')
    }
  }

  #die(fault: string): void {
    this.#fault ??= fault
    const died = new ThreadDied(this.#fault, this.#waiting[0]?.task)
    this.#started.reject(died)
    for (const waiting of this.#waiting.splice(0)) waiting.reject(died)
  }
}
