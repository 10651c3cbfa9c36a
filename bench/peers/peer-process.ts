import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { PeerAbsent, peerFile, pythonOf } from './python.js'

/** A peer's script at work: it is asked line by line and answers each with one line. */
export class PeerProcess {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #lines: AsyncIterator<string>
  readonly #ended: Promise<unknown>
  #said = ''
  #title = ''

  private constructor(python: string, path: string, args: readonly string[]) {
    this.#child = spawn(python, [path, ...args], { env: { ...process.env, PYTHONPATH: peerFile() } })
    const lines: Interface = createInterface({ input: this.#child.stdout })
    this.#lines = lines[Symbol.asyncIterator]()
    this.#ended = once(this.#child, 'close')
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#said = (this.#said + text).slice(-2000)
    })
  }

  /** Starts `bench/peers/PEER/SCRIPT`. Throws `PeerAbsent` when Python or a package is. */
  static async start(peer: string, script: string, args: readonly string[]): Promise<PeerProcess> {
    const started = new PeerProcess(await pythonOf(peer), peerFile(peer, script), args)
    started.#title = await started.hear()
    return started
  }

  /** Its name and version: the first line that it says. */
  get title(): string {
    return this.#title
  }

  /** The next line that it says. */
  async hear(): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done !== true) return value
    await this.#ended
    throw new Error(`${this.#child.spawnargs.join(' ')} ended early; the end of what it said:\n${this.#said}`)
  }

  /** Its answer to a line. */
  ask(line = ''): Promise<string> {
    this.#child.stdin.write(`${line}\n`)
    return this.hear()
  }

  /** Lets it end and waits for that. */
  async end(): Promise<void> {
    this.#child.stdin.end()
    await this.#ended
  }
}

/** What `work` gives, or, where the peer is absent, undefined with its reason on standard error. */
export async function unlessAbsent<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof PeerAbsent)) throw error
    process.stderr.write(`${error.message}\n`)
    return undefined
  }
}
