import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ExitReason } from '../cli/exit.js'
import { exitCodes } from '../cli/exit.js'

const main = fileURLToPath(new URL('../cli/main.js', import.meta.url))

/** The end of what a process wrote, to show when it fails. */
class Tail {
  #text = ''

  constructor(process: ChildProcess) {
    const keep = (chunk: Buffer) => {
      this.#text = (this.#text + chunk.toString('utf8')).slice(-20_000)
    }
    process.stdout?.on('data', keep)
    process.stderr?.on('data', keep)
  }

  get text(): string {
    return this.#text
  }
}

/** Runs a command of `driftwatch` in a folder, to its end. Throws when it ends in a way that is not accepted. */
export async function driftwatch(args: readonly string[], folder: string, accepted: readonly ExitReason[] = ['ok']): Promise<ExitReason> {
  const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const output = new Tail(child)
  const [code] = await once(child, 'close')
  const reason = accepted.find((one) => exitCodes[one].code === code)
  if (reason === undefined) throw new Error(`driftwatch ${args.join(' ')} ended with ${code}:\n${output.text}`)
  return reason
}

/** A `driftwatch run` that goes on until it is told to drain. */
export class LiveRun {
  readonly #child: ChildProcess
  readonly #output: Tail
  readonly #closed: Promise<unknown>

  /** `port` is where the configuration has it serve its metrics. */
  constructor(
    config: string,
    folder: string,
    private readonly port: number,
  ) {
    this.#child = spawn(process.execPath, [main, 'run', config], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#output = new Tail(this.#child)
    this.#closed = once(this.#child, 'close')
  }

  /** Waits until the metrics say that so many records were scored or rejected. Throws when they stand still for `patience` ms. */
  async until(records: number, onProgress: (records: number) => void, patience = 120_000): Promise<void> {
    let seen = 0
    for (let moved = performance.now(); seen < records; ) {
      await new Promise((done) => setTimeout(done, 250))
      if (this.#child.exitCode !== null) throw new Error(`driftwatch run ended with ${this.#child.exitCode}:\n${this.#output.text}`)
      const now = await this.#processed()
      if (now > seen) moved = performance.now()
      if (performance.now() - moved > patience) throw this.#stuck(seen, records)
      seen = Math.max(seen, now)
      onProgress(seen)
    }
  }

  /** SIGTERM: it drains, delivers and commits. Throws unless it then exits 0. */
  async drain(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#closed
    if (this.#child.exitCode !== 0) throw new Error(`driftwatch run did not drain, exit code ${this.#child.exitCode}:\n${this.#output.text}`)
  }

  /** Ends it, however it is; nothing happens when it has ended. */
  async kill(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGKILL')
    await this.#closed
  }

  async #processed(): Promise<number> {
    const page = await fetch(`http://127.0.0.1:${this.port}/metrics`)
      .then((response) => response.text())
      .catch(() => '')
    return sumOf(page, 'driftwatch_records_scored_total') + sumOf(page, 'driftwatch_records_rejected_total')
  }

  #stuck(seen: number, records: number): Error {
    return new Error(`driftwatch run stands still at ${seen} of ${records} records; the end of its output:\n${this.#output.text}`)
  }
}

/** The sum of a metric over all its labels, from a page in the text format of Prometheus. */
export function sumOf(page: string, metric: string): number {
  const lines = page.split('\n').filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)
}
