import { fork } from 'node:child_process'
import { once } from 'node:events'

/** A process of a benchmark's own. */
export interface Child {
  /** Resolves when it has ended in good order; else rejects with the end of what it said. */
  readonly ended: Promise<void>
  send(message: string | object): void
  /** Tells it that nobody listens any more. */
  disconnect(): void
  /** Ends it as a crash does. */
  kill(): void
}

/** Starts a script; `hear` gets what it sends. It never outlives this process. */
export function startChild<Message>(
  script: URL,
  args: readonly string[],
  hear: (message: Message) => void,
  execArgv: readonly string[] = [],
): Child {
  const child = fork(script, [...args], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [...execArgv] })
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-5000)
  })
  child.on('message', hear)
  const end = async () => {
    // A process that was disconnected from may never be closed (nodejs/node#19433).
    const exited = once(child, 'disconnect').then(() => once(child, 'exit'))
    const [code, signal] = await Promise.race([once(child, 'close'), exited])
    process.off('exit', kill)
    if (code !== 0) throw new Error(`${script.pathname.split('/').at(-1)} ended with ${code ?? signal}; the end of what it said:\n${said}`)
  }
  return { ended: end(), send: (message) => void child.send(message), disconnect: () => child.disconnect(), kill }
}
