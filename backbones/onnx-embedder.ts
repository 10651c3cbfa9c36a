import { Worker } from 'node:worker_threads'
import type { EmbeddedPictures, Embedder, PictureMap, PictureShifts, PictureTrace } from './embedder.js'
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
 * Starts the backbone in worker threads on the first execution provider that works. A worker that dies (a driver that resets, no memory
 * left on the device) is replaced, and what it had in hand is tried once more.
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
  #closed = false

  constructor(
    readonly provider: string,
    readonly d: number,
    threads: readonly EmbeddingThread[],
    private readonly restart: () => Promise<EmbeddingThread>,
    private readonly onRestart: (message: string) => void = () => undefined,
  ) {
    this.#threads = [...threads]
    this.lanes = TASKS * threads.length
  }

  async embed(pictures: readonly Uint8Array[]): Promise<EmbeddedPictures> {
    return (await this.#do({ kind: 'embed', pictures })) as EmbeddedPictures
  }

  async degrade(picture: Uint8Array, columns: readonly number[], seed: number): Promise<PictureShifts | undefined> {
    return (await this.#do({ kind: 'degrade', picture, columns, seed })) as PictureShifts | undefined
  }

  async trace(picture: Uint8Array): Promise<PictureTrace> {
    return (await this.#do({ kind: 'trace', picture })) as PictureTrace
  }

  async map(picture: Uint8Array): Promise<PictureMap | undefined> {
    return (await this.#do({ kind: 'map', picture })) as PictureMap | undefined
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  /** By the thread that has least to do; once more by another one where it dies of it. */
  async #do(task: EmbeddingTask): Promise<EmbeddingResult> {
    try {
      return await this.#idlest().do(task)
    } catch (error) {
      if (!(error instanceof ThreadDied) || this.#closed) throw error
      await this.#replaceDead(error.message)
      return this.#idlest().do(task)
    }
  }

  #idlest(): EmbeddingThread {
    return this.#threads.reduce((least, thread) => (thread.waiting < least.waiting ? thread : least))
  }

  async #replaceDead(message: string): Promise<void> {
    for (const [i, thread] of this.#threads.entries()) {
      if (!thread.dead) continue
      this.onRestart(message)
      this.#threads[i] = await this.restart()
    }
  }
}

/** The thread is gone, and with it whatever it had in hand. */
class ThreadDied extends Error {
  override readonly name = 'ThreadDied'
}

interface Waiting {
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
  #fault: ThreadDied | undefined

  private constructor(private readonly worker: Worker) {
    this.#ready = new Promise((resolve, reject) => {
      this.#started = { resolve, reject }
    })
    worker.on('message', (message: EmbeddingMessage) => this.#answer(message))
    worker.on('error', (error) => this.#die(new ThreadDied(error.message, { cause: error })))
    this.#exited = new Promise((resolve) => {
      worker.on('exit', (code) => resolve(this.#die(new ThreadDied(`the embedding worker exited with code ${code}`))))
    })
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get dead(): boolean {
    return this.#fault !== undefined
  }

  do(task: EmbeddingTask): Promise<EmbeddingResult> {
    if (this.#fault !== undefined) return Promise.reject(this.#fault)
    return new Promise((resolve, reject) => {
      this.#post(task)
      this.#waiting.push({ resolve, reject })
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
    else if (message.kind === 'failed') this.#fail(message.message)
    else if (message.kind === 'done') this.#waiting.shift()?.resolve(message.result)
    else this.#waiting.shift()?.reject(new Error(`the backbone failed: ${message.message}`))
  }

  #fail(message: string): void {
    this.#started.reject(new Error(message))
    void this.worker.terminate()
  }

  #die(fault: ThreadDied): void {
    this.#fault ??= fault
    this.#started.reject(fault)
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#fault)
  }
}
