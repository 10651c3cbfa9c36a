import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url))

/** A line of the process's log. */
export interface LogLine {
  readonly level: string
  readonly msg: string
  readonly [field: string]: unknown
}

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface ProcessOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

const running = new Set<Driftwatch>()

/** A real `driftwatch` process of this build. */
export class Driftwatch {
  readonly lines: LogLine[] = []
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  readonly #events = new EventEmitter().setMaxListeners(0)
  #stdout = ''
  #stderr = ''
  #over = false

  constructor(args: readonly string[], { env = {}, cwd }: ProcessOptions = {}) {
    this.#child = spawn(process.execPath, [main, ...args], { env: { ...process.env, NO_COLOR: '1', ...env }, ...(cwd && { cwd }) })
    running.add(this)
    this.#child.stdout?.setEncoding('utf8').on('data', (text) => (this.#stdout += text))
    createInterface({ input: this.#child.stderr! }).on('line', (line) => this.#take(line))
    this.ended = once(this.#child, 'close').then(([code, signal]) => {
      running.delete(this)
      this.#over = true
      this.#events.emit('change')
      return { code, signal, stdout: this.#stdout, stderr: this.#stderr }
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Ends the process at once, as a crash does. */
  async kill(): Promise<Ended> {
    this.signal('SIGKILL')
    return this.ended
  }

  /** Asks the process to drain and end. */
  async stop(): Promise<Ended> {
    this.signal('SIGTERM')
    return this.ended
  }

  /** The first log line with this message, past or to come. Rejects when the process ends without it. */
  async logged(msg: string, matches: (line: LogLine) => boolean = () => true): Promise<LogLine> {
    for (;;) {
      const found = this.lines.find((line) => line.msg === msg && matches(line))
      if (found !== undefined) return found
      if (this.#over) throw new Error(`the process ended without saying "${msg}":\n${this.#stderr}`)
      await once(this.#events, 'change')
    }
  }

  /** Where it serves its metrics. */
  async address(): Promise<string> {
    return String((await this.logged('serving /metrics, /healthz and /readyz')).address)
  }

  async get(path: string): Promise<{ status: number; body: string }> {
    const answer = await fetch((await this.address()) + path)
    return { status: answer.status, body: await answer.text() }
  }

  /** Looks at /readyz again and again until it answers so, with such words about the one monitor. */
  async untilReadyz(status: 200 | 503, detail: RegExp): Promise<void> {
    for (;;) {
      const answer = await this.get('/readyz')
      const [check] = Object.values<{ detail: string }>(JSON.parse(answer.body).checks)
      if (answer.status === status && detail.test(check.detail)) return
      await new Promise((next) => setTimeout(next, 30))
    }
  }

  async metrics(): Promise<Samples> {
    return new Samples((await this.get('/metrics')).body)
  }

  /** Looks at the metrics again and again until they are as wanted. */
  async until(wanted: (samples: Samples) => boolean): Promise<Samples> {
    for (;;) {
      const samples = await this.metrics()
      if (wanted(samples)) return samples
      // Making and reading the page costs 4 ms of processor time.
      await new Promise((next) => setTimeout(next, 100))
    }
  }

  #take(line: string): void {
    this.#stderr += `${line}\n`
    if (line.startsWith('{')) this.lines.push(JSON.parse(line))
    this.#events.emit('change')
  }
}

/** What `/metrics` says. */
export class Samples {
  readonly #lines: readonly string[]

  constructor(readonly text: string) {
    this.#lines = text.split('\n').filter((line) => line.startsWith('driftwatch_'))
  }

  /** The sum over the series of a metric that have all these labels; NaN when there are none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
    const series = this.#lines.filter(
      (line) => /[{ ]/.exec(line)?.index === `driftwatch_${name}`.length && line.startsWith(`driftwatch_${name}`),
    )
    const values = series
      .filter((line) => wanted.every((label) => line.includes(label)))
      .map((line) => Number(line.slice(line.lastIndexOf(' '))))
    return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0)
  }
}

/** Kills every process that still runs. */
export const killAll = (): Promise<Ended[]> => Promise.all([...running].map((process) => process.kill()))

/** Runs a command to its end. */
export const driftwatch = (args: readonly string[], options?: ProcessOptions): Promise<Ended> => new Driftwatch(args, options).ended
