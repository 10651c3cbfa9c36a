import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url))

/** `driftwatch demo`, and what it tells. */
export class DemoProcess {
  readonly ended: Promise<unknown[]>
  readonly #lines: AsyncIterator<string>

  constructor(private readonly child: ChildProcess) {
    this.ended = once(child, 'close')
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  }

  static start(env: Readonly<Record<string, string>> = {}): DemoProcess {
    const options = {
      env: { ...process.env, NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'],
    }
    return new DemoProcess(spawn(process.execPath, [main, 'demo'], options))
  }

  /** The next line that matches; rejects when the demo ends without it. */
  async told(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const { done, value } = await this.#lines.next()
      if (done) throw new Error(`the demo ended without telling ${pattern}`)
      const match = pattern.exec(value)
      if (match !== null) return match
    }
  }

  /** As Ctrl-C does. */
  async stop(): Promise<unknown[]> {
    this.child.kill('SIGINT')
    return this.ended
  }

  kill(): void {
    this.child.kill('SIGKILL')
  }
}
