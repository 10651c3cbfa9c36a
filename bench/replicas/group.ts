import { EventEmitter, once } from 'node:events'
import { type Measured, startPipeline } from '../kit/measure.js'
import type { GradedRange } from '../kit/meter.js'

/** One of several processes that share the partitions of a topic. */
interface Member {
  readonly process: Measured
  records: number
}

/** What is known of a partition: who graded its records last, and which were graded. */
interface Graded {
  owner: Member
  /** performance.now() at which the owner began, and the offset at which it did. */
  since: number
  first: number
  end: number
  /** Records graded, those that were graded again included. */
  records: number
}

/** Processes of one consumer group, watched from outside: every batch that one of them grades is told. */
export class Group {
  readonly #members: Member[] = []
  readonly #partitions = new Map<number, Graded>()
  readonly #news = new EventEmitter().setMaxListeners(0)

  /**
   * @param config all members run the same configuration
   * @param total records of the topic
   */
  constructor(
    config: string,
    size: number,
    private readonly total: number,
  ) {
    for (let i = 0; i < size; i++) this.#members.push(this.#start(config))
  }

  /** Records graded by all members so far. */
  get records(): number {
    return [...this.#partitions.values()].reduce((sum, { records }) => sum + records, 0)
  }

  /** Records that were graded more than once. */
  get twice(): number {
    return this.records - [...this.#partitions.values()].reduce((sum, { first, end }) => sum + end - first, 0)
  }

  /** Waits, looking again after every batch; rejects when a member ends, or when no record is left. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.records - this.twice >= this.total)
        throw new Error('every record was read before the measurement was over; give more --records')
      await Promise.race([once(this.#news, 'graded'), ...this.#members.map(({ process }) => process.consumption)])
    }
  }

  /** Waits until every member has graded records. */
  allAtWork(): Promise<void> {
    return this.until(() => this.#members.every(({ records }) => records > 0))
  }

  /** Ends one member as a crash does and waits until others grade its partitions; returns the seconds to the first and to the last of them. */
  async killOne(): Promise<{ readonly first: number; readonly last: number }> {
    const [victim] = this.#members.splice(0, 1)
    const orphans = [...this.#partitions.values()].filter(({ owner }) => owner === victim)
    victim.process.consumption.catch(() => undefined)
    victim.process.kill()
    const killed = performance.now()
    await this.until(() => orphans.every(({ owner }) => owner !== victim))
    const waits = orphans.map(({ since }) => (since - killed) / 1000)
    return { first: Math.min(...waits), last: Math.max(...waits) }
  }

  async end(): Promise<void> {
    for (const { process } of this.#members) process.end()
    await Promise.all(this.#members.map(({ process }) => process.consumption))
  }

  #start(config: string): Member {
    const process = startPipeline(config, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, {
      graded: (range) => this.#note(member, range),
    })
    const member = { process, records: 0 }
    return member
  }

  #note(member: Member, { partition, first, end, n }: GradedRange): void {
    member.records += n
    const graded = this.#partitions.get(partition)
    if (graded === undefined) this.#partitions.set(partition, { owner: member, since: performance.now(), first, end, records: n })
    else {
      if (graded.owner !== member) Object.assign(graded, { owner: member, since: performance.now() })
      graded.first = Math.min(graded.first, first)
      graded.end = Math.max(graded.end, end)
      graded.records += n
    }
    this.#news.emit('graded')
  }
}
