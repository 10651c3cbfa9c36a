import { performance } from 'node:perf_hooks'
import { EventLoopDelay } from '../../telemetry/event-loop.js'

/** What reading a topic cost one process. Of the first records only memory counts: there code is being compiled. */
export interface Consumption {
  readonly recordsPerSecond: number
  /** The measured part: its records, and how long it took. */
  readonly records: number
  readonly seconds: number
  /** In that time: the main thread was not idle, and processor time of all threads. */
  readonly mainSeconds: number
  readonly cpuSeconds: number
  /** How late the event loop was. */
  readonly eventLoopP99Ms: number
  /** Largest resident memory of the process's whole life, in MB (10^6 bytes). */
  readonly rssMb: number
  /** The metrics page at the beginning and at the end of the measured part, of processes that have one. */
  readonly pages?: readonly [string, string]
}

/** What a measured process tells the one that started it. */
export type Report =
  | { readonly kind: 'progress'; readonly records: number; readonly rssMb: number }
  | { readonly kind: 'end'; readonly consumption: Consumption }

export const report = (message: Report): void => void process.send?.(message)

/** Sent to a measured process: there are no more records, it ends. */
export const END = 'end'

const REPORT_EVERY_MS = 1000
const MB = 1e6

/** Counts the records that this process is done with, and measures what they cost. */
export class Meter {
  /** Resolves when as many records as there are have been counted. */
  readonly measured: Promise<Consumption>
  readonly #loop = new EventLoopDelay()
  #records = 0
  #reported = 0
  #start: Mark | undefined
  #finish: (end: Mark) => void = () => undefined

  /**
   * @param total records to count; Infinity: until the parent says `END`
   * @param warmUp records of them that are left out
   * @param page fetches the metrics page of a process that has one
   */
  constructor(
    private readonly total: number,
    private readonly warmUp: number,
    private readonly page: () => Promise<string> | undefined = () => undefined,
  ) {
    const end = new Promise<Mark>((resolve) => {
      this.#finish = resolve
    })
    this.measured = end.then((mark) => this.#consumption(mark))
    process.once('message', (message) => message === END && this.#finish(this.#mark()))
  }

  count(records: number): void {
    this.#records += records
    if (this.#start === undefined && this.#records >= this.warmUp) this.#start = this.#mark()
    if (this.#records >= this.total) this.#finish(this.#mark())
    this.#tell()
  }

  #tell(): void {
    if (performance.now() - this.#reported < REPORT_EVERY_MS) return
    this.#reported = performance.now()
    report({ kind: 'progress', records: this.#records, rssMb: process.memoryUsage.rss() / MB })
  }

  /** A mark begins a new reading of the event loop's delay. */
  #mark(): Mark {
    return {
      records: this.#records,
      at: performance.now(),
      cpu: process.cpuUsage(),
      main: performance.eventLoopUtilization(),
      loop: this.#loop.read(),
      page: this.page(),
    }
  }

  async #consumption(end: Mark): Promise<Consumption> {
    const start = this.#start ?? end
    this.#loop.close()
    const records = end.records - start.records
    const seconds = (end.at - start.at) / 1000
    const [first, last] = [await start.page, await end.page]
    return {
      recordsPerSecond: records / seconds,
      records,
      seconds,
      mainSeconds: (end.main.active - start.main.active) / 1000,
      cpuSeconds: (end.cpu.user + end.cpu.system - start.cpu.user - start.cpu.system) / 1e6,
      eventLoopP99Ms: 1000 * end.loop['0.99'],
      rssMb: (process.resourceUsage().maxRSS * 1024) / MB,
      ...(first !== undefined && last !== undefined && { pages: [first, last] as const }),
    }
  }
}

interface Mark {
  readonly records: number
  readonly at: number
  readonly cpu: NodeJS.CpuUsage
  readonly main: ReturnType<typeof performance.eventLoopUtilization>
  readonly loop: ReturnType<EventLoopDelay['read']>
  readonly page: Promise<string> | undefined
}
