import { parentPort } from 'node:worker_threads'
import type { CrewAnswer } from './crew.js'

/** What comes of a task, and which of its buffers are given away with it. */
export interface Done<Result> {
  readonly result: Result
  readonly transfer: readonly ArrayBuffer[]
}

export interface Member<Task, Result> {
  /** Called as soon as the task has come; what it returns is called once the tasks before it are done. */
  begin(task: Task): () => Promise<Done<Result>>
  /** Before the thread exits. */
  end(): Promise<void>
}

const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * The inside of a thread of a crew: makes ready, answers tasks in their order, and ends itself between two of them: when it is told to, and
 * when one has failed, for what that has left behind, such as a lost device, is not to be met again. Ended from outside in the middle of a
 * run, ONNX Runtime would abort the process.
 */
export function serve<Task extends object, Result>(start: () => Promise<Member<Task, Result>>): void {
  const port = parentPort!
  const post = (answer: CrewAnswer<Result>, transfer: readonly ArrayBuffer[] = []): void => port.postMessage(answer, [...transfer])
  const listen = ({ begin, end }: Member<Task, Result>) => {
    let queue = Promise.resolve()
    port.on('message', (request: Task | 'end') => {
      if (request === 'end') {
        queue = queue.then(end).then(() => process.exit())
        return
      }
      const finish = begin(request)
      queue = queue
        .then(finish)
        .then(({ result, transfer }) => post({ kind: 'done', result }, transfer))
        .catch(async (error) => {
          post({ kind: 'failed', message: text(error) })
          await end().catch(() => undefined)
          process.exit()
        })
    })
    post({ kind: 'ready' })
  }
  start()
    .then(listen)
    .catch((error) => {
      post({ kind: 'failed', message: text(error) })
      process.exit()
    })
}
