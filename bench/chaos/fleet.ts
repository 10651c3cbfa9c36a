import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Driftwatch, type Ended, type LogLine } from '../../tests/kit/driftwatch.js'

/** A member that ended though nobody had killed it: by itself, or asked to leave and not with exit code 0. */
export interface Exit extends Pick<Ended, 'code' | 'signal'> {
  readonly asked: boolean
  /** The last that it said. */
  readonly lastWords: string
}

/** Time after which a member that ended by itself is started again, ms. */
const restartAfter = 300
const sampleEvery = 500

/** The processes of one consumer group, with a supervisor that starts again what ends by itself. */
export class Fleet {
  readonly exits: Exit[] = []
  kills = 0
  /** The highest resident memory of any process, MB; NaN where /proc does not tell. */
  peakRss = Number.NaN
  /** Every process there was. */
  readonly members: Driftwatch[] = []
  readonly #alive = new Set<Driftwatch>()
  readonly #sampling = setInterval(() => this.#sample(), sampleEvery)
  #ended = false

  constructor(
    private readonly config: string,
    /** Uniform in (0, 1). */
    private readonly uniform: () => number,
  ) {}

  get size(): number {
    return this.#alive.size
  }

  join(): void {
    const member = new Driftwatch(['run', this.config])
    this.members.push(member)
    this.#alive.add(member)
    member.ended.then((end) => this.#gone(member, end))
  }

  /** Resolves when a member has partitions to work on, or after `atMost` ms. */
  async working(atMost: number): Promise<void> {
    const deadline = performance.now() + atMost
    while (performance.now() < deadline && ![...this.#alive].some(owns)) await sleep(50)
  }

  /** kill -9 of one member. */
  kill(member = this.#any()): void {
    if (member === undefined) return
    this.#sample()
    this.#alive.delete(member)
    this.kills++
    member.signal('SIGKILL')
  }

  /** kill -9 of all members at once. */
  blackout(): void {
    for (const member of this.#alive) this.kill(member)
  }

  /** One member is asked to drain and end. */
  async leave(member = this.#any()): Promise<void> {
    if (member === undefined) return
    this.#alive.delete(member)
    const end = await member.stop()
    // A process that has only just begun ends by the signal itself.
    if (end.code !== 0 && end.signal !== 'SIGTERM') this.#note(end, true)
  }

  /** One member stands still for so many ms, and then goes on as if nothing had been. */
  async pause(ms: number): Promise<void> {
    const member = this.#any()
    member?.signal('SIGSTOP')
    await sleep(ms)
    member?.signal('SIGCONT')
  }

  /** All leave; nobody is started again. */
  async end(): Promise<void> {
    this.#ended = true
    clearInterval(this.#sampling)
    this.#sample()
    await Promise.all([...this.#alive].map((member) => this.leave(member)))
  }

  /** How often the partitions were shared out anew, at least: in one sharing a partition is assigned once. */
  get rebalances(): number {
    const times = new Map<unknown, number>()
    for (const { partition } of this.members.flatMap(({ lines }) => lines.filter(({ msg }) => msg === assigned))) {
      times.set(partition, (times.get(partition) ?? 0) + 1)
    }
    return Math.max(0, Math.max(0, ...times.values()) - 1)
  }

  /** From the moment a member gave a partition up to that at which one had its state and read on, ms. */
  handovers(): number[] {
    const moves = this.members
      .flatMap(({ lines }) => lines.filter(isMove))
      .map(({ msg, partition, time }) => ({ given: msg === givenUp, partition, time: Date.parse(String(time)) }))
      .toSorted((a, b) => a.time - b.time)
    return moves.flatMap(({ given, partition, time }, i) => {
      const next = moves.slice(i + 1).find((move) => move.partition === partition)
      return given && next?.given === false ? [next.time - time] : []
    })
  }

  #any(): Driftwatch | undefined {
    return [...this.#alive][Math.floor(this.uniform() * this.#alive.size)]
  }

  async #gone(member: Driftwatch, end: Ended): Promise<void> {
    if (!this.#alive.delete(member)) return
    this.#note(end, false)
    await sleep(restartAfter)
    if (!this.#ended) this.join()
  }

  #note({ code, signal, stderr }: Ended, asked: boolean): void {
    this.exits.push({ code, signal, asked, lastWords: stderr.trimEnd().split('\n').at(-1) ?? '' })
  }

  #sample(): void {
    for (const { pid } of this.#alive) {
      const rss = peakRssOf(pid)
      if (!(rss <= this.peakRss)) this.peakRss = Number.isNaN(rss) ? this.peakRss : rss
    }
  }
}

const [assigned, givenUp] = ['partition assigned', 'partition given up']
const isMove = ({ msg }: LogLine): boolean => msg === assigned || msg === givenUp
const owns = ({ lines }: Driftwatch): boolean => lines.findLast(isMove)?.msg === assigned

/** The highest resident memory that a process ever had, MB, where /proc tells it. */
function peakRssOf(pid: number | undefined): number {
  try {
    const kilobytes = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kilobytes ?? Number.NaN) / 1024
  } catch {
    // The process is gone, or this is no Linux.
    return Number.NaN
  }
}
