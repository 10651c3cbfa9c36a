import { parentPort } from 'node:worker_threads'

export type Answer<Result> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly result: Result }
  /** The task failed; the thread works on. */
  | { readonly kind: 'fault'; readonly message: string }
  /** At the start, or at the task that is next; the thread ends itself. */
  | { readonly kind: 'failed'; readonly message: string }

/** What comes of a task, and which of its buffers are given away with it. */
export interface Done<Result> {
  readonly result: Result
  readonly transfer: readonly ArrayBuffer[]
}

export interface Service<Task, Result> {
  /** What of a task that fails: the thread may end, for what that has left behind, such as a lost device, is not to be met again. */
  readonly onFault: 'end' | 'go on'
  /** Called as soon as the task has come; what it returns is called once the tasks before it are done. */
  begin(task: Task): () => Promise<Done<Result>>
  /** Before the thread exits. */
  end(): Promise<void>
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * The inside of a worker thread: makes ready, answers tasks in their order, and ends itself between two of them. Ended from outside in the
 * middle of a run, ONNX Runtime would abort the process.
 */
export function serve<Task extends object, Result>(start: () => Promise<Service<Task, Result>>): void {
  const port = parentPort!
  const post = (answer: Answer<Result>, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(answer, [...transfer])
  const listen = ({ onFault, begin, end }: Service<Task, Result>) => {
    let queue = Promise.resolve()
    const failed = async (error: unknown) => {
      post({ kind: onFault === 'end' ? 'failed' : 'fault', message: text(error) })
      if (onFault === 'go on') return
      await end().catch(() => undefined)
      process.exit()
    }
    const answer = (finish: () => Promise<Done<Result>>) => {
      queue = queue
        .then(finish)
        .then(({ result, transfer }) => post({ kind: 'done', result }, transfer))
        .catch(failed)
    }
    port.on('message', (request: Task | 'end') => {
      if (request === 'end') queue = queue.then(end).then(() => process.exit())
      else answer(begin(request))
    })
    // A task whose buffers were given away before arrives as this.
    port.on('messageerror', (error) => answer(() => Promise.reject(error)))
    post({ kind: 'ready' })
  }
  start()
    .then(listen)
    .catch((error) => {
      post({ kind: 'failed', message: text(error) })
      process.exit()
    })
}
