import { Crew } from './crew.js'
import type { EmbeddedPictures, Embedder, EmbedderPart, PictureMap, PictureShifts, PictureTrace } from './embedder.js'
import type { Embedded, EmbeddingSetup, EmbeddingTask } from './embedding-worker.js'
import type { PreparedPictures, PreparingSetup, PreparingTask } from './preparing-worker.js'
import { firstProvider } from './providers.js'
import type { ExecutionProvider } from './scorer.js'
import { turnsAt } from './turns.js'
import { WorkerThread } from './worker-thread.js'

export interface EmbedderOptions extends Omit<EmbeddingSetup, 'provider' | 'turns' | 'threads'>, Omit<PreparingSetup, 'grid'> {
  /** Tried in this order; ONNX Runtime itself does not fall back. */
  readonly providers: readonly ExecutionProvider[]
  /** Threads that run a copy of the model each; beside each, one that prepares pictures for it. */
  readonly workers: number
  /** Threads that all of them compute with, shared out evenly; each has at least one. */
  readonly threads: number
  /** Longest time that the model may take for a task, in ms, after which its worker counts as hung; undefined: any. */
  readonly timeout?: number
  /** Told of each provider that could not be used, and why. */
  readonly onUnavailable?: (provider: ExecutionProvider, message: string) => void
  /** Told when a worker has died or hangs and another one takes its place. */
  readonly onRestart?: (part: EmbedderPart, message: string) => void
}

/** Tasks in hand for each worker: while the backbone is at one, the next waits for it, and the pictures of a third are prepared. */
const TASKS = 3

/**
 * Starts the backbone in worker threads on the first execution provider that works, and beside them threads that decode and resize: one that
 * runs a model can do nothing else meanwhile. A worker that dies or hangs, or whose backbone fails (a driver that resets, no memory left on the
 * device), is replaced, and what it was at is tried once more.
 * Throws when no provider works, naming each with its fault.
 */
export async function startEmbedder(options: EmbedderOptions): Promise<Embedder> {
  const { providers, workers, threads, timeout, onUnavailable, onRestart, limits, ...setup } = options
  const restarted = (part: EmbedderPart) => (message: string) => onRestart?.(part, message)
  const runWith = (provider: ExecutionProvider, place: number): Promise<WorkerThread<EmbeddingTask, Embedded>> => {
    const turns = turnsAt(provider)
    return WorkerThread.start({
      name: 'embedding worker',
      script: new URL('./embedding-worker.js', import.meta.url),
      setup: { ...setup, provider, threads: share(threads, workers, place), turns } satisfies EmbeddingSetup,
      turns,
      timeout,
    })
  }
  const { preprocessing, patches } = setup
  const prepare = (): Promise<WorkerThread<PreparingTask, PreparedPictures>> =>
    WorkerThread.start({
      name: 'preparing worker',
      script: new URL('./preparing-worker.js', import.meta.url),
      setup: { preprocessing, limits, grid: patches?.grid } satisfies PreparingSetup,
      timeout,
    })
  const { provider, made } = await firstProvider(providers, (one) => runWith(one, 0), onUnavailable)
  const run = (place: number) => runWith(provider, place)
  const [others, preparing] = await Promise.all([
    Promise.all(Array.from({ length: workers - 1 }, (_, i) => run(i + 1))),
    Crew.of('preparation of pictures', workers, prepare, restarted('preparation')),
  ])
  return new OnnxEmbedder(
    provider,
    setup.d,
    setup.d + (setup.patches === undefined ? 0 : 1) + (setup.banks === undefined ? 0 : 1),
    setup.banks !== undefined,
    preprocessing.size,
    workers,
    new Crew('backbone', [made, ...others], run, restarted('backbone')),
    preparing,
  )
}

/** What the worker at this place has of the threads: the first ones have what is left over. */
export const share = (threads: number, workers: number, place: number): number => Math.max(1, Math.ceil((threads - place) / workers))

type Outcome = PreparedPictures & Embedded

/** What is wanted beside the features. `banks`: of each picture the bank that it is compared with; the first where left out. */
interface Wanted {
  readonly map?: boolean
  readonly banks?: readonly number[] | undefined
}

class OnnxEmbedder implements Embedder {
  readonly lanes: number
  readonly #under = new Set<Promise<Outcome>>()
  #closed = false

  constructor(
    readonly provider: string,
    /** Features of the backbone alone. */
    private readonly own: number,
    readonly d: number,
    private readonly hasBanks: boolean,
    private readonly size: readonly [number, number],
    workers: number,
    private readonly running: Crew<EmbeddingTask, Embedded>,
    private readonly preparing: Crew<PreparingTask, PreparedPictures>,
  ) {
    this.lanes = TASKS * workers
  }

  async embed(pictures: readonly Uint8Array[], banks?: readonly number[]): Promise<EmbeddedPictures> {
    const { d } = this
    const { features, faults } = await this.#do({ kind: 'pictures', pictures: pictures.map(alone) }, { banks })
    if (features.length === pictures.length * d) return { rows: features, faults }
    const rows = new Float32Array(pictures.length * d)
    const sound = [...faults.keys()].filter((i) => faults[i] === undefined)
    for (const [at, i] of sound.entries()) rows.set(features.subarray(at * d, (at + 1) * d), i * d)
    return { rows, faults }
  }

  async degrade(picture: Uint8Array, columns: readonly number[], seed: number): Promise<PictureShifts | undefined> {
    const { features, faults } = await this.#do({ kind: 'versions', picture: alone(picture), seed })
    if (faults[0] !== undefined) return undefined
    const { own } = this
    const shifts = new Float32Array((features.length / own - 1) * columns.length)
    for (let from = own, at = 0; from < features.length; from += own)
      for (const column of columns) shifts[at++] = features[from + column] - features[column]
    return { shifts }
  }

  async trace(picture: Uint8Array): Promise<PictureTrace> {
    const { features, faults, hashes } = await this.#do({ kind: 'trace', picture: alone(picture) })
    if (hashes === undefined) throw new Error(faults[0]?.detail ?? 'the picture left no trace')
    return { ...hashes, features }
  }

  async map(picture: Uint8Array): Promise<PictureMap | undefined> {
    const { map, pixels } = await this.#do({ kind: 'pictures', pictures: [alone(picture)] }, { map: true })
    if (map === undefined) return undefined
    const [height, width] = this.size
    return { ...map, picture: { width, height, rgb: pixels } }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.allSettled(this.#under)
    await Promise.all([this.running.close(), this.preparing.close()])
  }

  #do(task: PreparingTask, wanted: Wanted = {}): Promise<Outcome> {
    if (this.#closed) return Promise.reject(new Error('the embedder is closed'))
    const outcome = this.#outcome(task, wanted).finally(() => this.#under.delete(outcome))
    this.#under.add(outcome)
    return outcome
  }

  async #outcome(task: PreparingTask, { map, banks }: Wanted): Promise<Outcome> {
    const prepared = await this.preparing.do(task)
    const { pixels, patches, faults } = prepared
    if (pixels.length === 0) return { ...prepared, features: new Float32Array(0) }
    const compared = this.hasBanks && task.kind !== 'versions'
    const of = compared ? [...faults.keys()].flatMap((i) => (faults[i] === undefined ? [banks?.[i] ?? 0] : [])) : undefined
    return { ...prepared, ...(await this.running.do({ pixels, patches, map, banks: of })) }
  }
}

/** A view takes all of the memory behind it along to a worker, such as the whole of what was fetched with it. */
const alone = (picture: Uint8Array): Uint8Array => (picture.byteLength === picture.buffer.byteLength ? picture : new Uint8Array(picture))
