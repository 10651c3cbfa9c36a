import { z } from 'zod'
import type { AlertEvent } from '../../alerts/event.js'
import { segment } from '../../alerts/identity.js'
import { bounded } from '../../alerts/names.js'
import { duration } from '../options.js'
import type { Page } from '../pager.js'
import { stopped } from '../policies/writer.js'
import type { PartitionName } from '../sink.js'
import { type Known, pageOf, type Storm } from './known.js'
import type { Notes } from './notes.js'
import { newStorm, noteTold, stormPage } from './storm.js'

const upTo = (longest: number, text: string) =>
  duration().refine((ms) => ms <= longest, { error: `expected a duration of at most ${text}` })

export const groupingSchema = z.strictObject({
  wait: upTo(300_000, '5m')
    .prefault('5s')
    .describe('How long the page of an alert waits for others that fail at the same time; 0s: not at all, and there are no groups'),
  most: z.int().min(1).max(1000).default(5).describe('When more alerts than this come together, one page tells of all of them'),
  join: upTo(86_400_000, '1d').prefault('5m').describe('How long after the last one a further alert still belongs to such a group'),
})

/** An alert whose page waits for others. */
interface Waiting {
  readonly alert: Known
  readonly signal: AbortSignal
  resolve(): void
  reject(error: unknown): void
}

export interface StormsOptions {
  readonly monitor: string
  readonly grouping: z.output<typeof groupingSchema>
  /** Whether the pager is sent updates. */
  readonly updates: boolean
  send(page: Page, signal: AbortSignal): Promise<void>
}

/** Holds the first pages of alerts until it is seen what comes together, and tells of many that do as one. */
export class Storms {
  readonly #storms = new Map<string, Storm>()
  #waiting: Waiting[] = []
  #flush: NodeJS.Timeout | undefined
  #hastened = false

  /** @param over aborted when nothing is told any more */
  constructor(
    private readonly options: StormsOptions,
    private readonly over: AbortSignal,
    /** The partitions that are ours. */
    private readonly partitions: ReadonlyMap<string, PartitionName>,
  ) {}

  /** Resolves when a page has told of the alert, alone or with those that came at the same time. */
  gather(alert: Known, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ alert, signal, resolve, reject })
      this.#flush ??= setTimeout(() => this.#tellAll(), this.#hastened ? 0 : this.options.grouping.wait)
    })
  }

  #tellAll(): void {
    this.#flush = undefined
    const waiting = this.#waiting.splice(0)
    const fresh = waiting.filter(({ alert }) => alert.storm === undefined)
    const { growing, isNew } = this.#stormFor(fresh)
    for (const { alert } of fresh) {
      if (growing === undefined) continue
      alert.storm = growing
      growing.members.add(alert)
      growing.lastJoined = Date.now()
    }
    const storms = new Set(waiting.flatMap(({ alert }) => alert.storm ?? []))
    for (const storm of storms) {
      const members = waiting.filter(({ alert }) => alert.storm === storm)
      settle(
        members,
        this.#tellStorm(storm, storm === growing && isNew, members[0]?.signal).catch((error) => this.#leave(fresh, storm, error)),
      )
    }
    for (const one of fresh) if (one.alert.storm === undefined) settle([one], this.#tellAlone(one))
  }

  async #tellAlone({ alert, signal }: Waiting): Promise<void> {
    const page = pageOf(alert, alert.latest, 'opened')
    if (page !== undefined) await this.options.send(page, signal)
  }

  /** The storm that alerts belong to which come together: one that still grows, or one that they are; undefined: each stands alone. */
  #stormFor(fresh: readonly Waiting[]): { readonly growing: Storm | undefined; readonly isNew: boolean } {
    const { grouping } = this.options
    if (fresh.length === 0 || grouping.wait === 0) return { growing: undefined, isNew: false }
    const growing = [...this.#storms.values()].find(({ lastJoined }) => Date.now() < lastJoined + grouping.join)
    if (growing !== undefined) return { growing, isNew: false }
    return fresh.length > grouping.most ? { growing: this.#storm(), isNew: true } : { growing: undefined, isNew: false }
  }

  /** Named by the first partition that is ours, so that it is the same after a restart, and another replica's is another one. */
  #storm(): Storm {
    const [first = { topic: '', partition: 0 }] = [...this.partitions.values()].sort(byName)
    const key = bounded(`${segment(this.options.monitor)}/storm/${first.topic}/${first.partition}`, 255)
    const storm = this.#storms.get(key) ?? newStorm(key, Date.now())
    this.#storms.set(key, storm)
    return storm
  }

  #leave(fresh: readonly Waiting[], storm: Storm, error: unknown): never {
    for (const { alert } of fresh) {
      if (alert.storm !== storm) continue
      alert.storm = undefined
      storm.members.delete(alert)
    }
    this.drop(storm)
    throw error
  }

  /** Tells how the storm is when its turn comes. */
  #tellStorm(storm: Storm, call: boolean, signal = this.over): Promise<void> {
    const told = storm.last.then(async () => {
      const page = stormPage(storm, call)
      if (page === undefined || (page.transition === 'updated' && !this.options.updates)) return
      await this.options.send(page, signal)
      noteTold(storm, page)
    })
    storm.last = told.catch(() => undefined)
    return told
  }

  /** Nothing more comes: nobody waits any longer. */
  hasten(): void {
    this.#hastened = true
    if (this.#flush === undefined) return
    clearTimeout(this.#flush)
    this.#tellAll()
  }

  /** What waits is not told. */
  close(name: string): void {
    clearTimeout(this.#flush)
    for (const { reject } of this.#waiting.splice(0)) reject(stopped(name))
  }

  /** What waits of a partition is its new owner's to tell. */
  release(partition: string): void {
    const waiting = this.#waiting.splice(0)
    for (const one of waiting) {
      if (one.alert.partition === partition) one.resolve()
      else this.#waiting.push(one)
    }
  }

  /** The storm as it was noted, or as it goes on here. */
  adopt(key: string, storms: Notes['storms']): Storm {
    const known = this.#storms.get(key)
    if (known !== undefined) return known
    const storm = { ...newStorm(key, 0), ...storms[key] }
    this.#storms.set(key, storm)
    if (this.options.updates) setImmediate(() => this.#tellStorm(storm, false).catch(() => undefined))
    return storm
  }

  /** Resolves when people know, where it was the last. */
  async end(alert: Known, storm: Storm, event: AlertEvent, signal: AbortSignal): Promise<void> {
    await storm.last
    storm.members.delete(alert)
    storm.ended.push(event)
    storm.size = Math.min(storm.size, storm.members.size)
    // Whoever joins before it is told keeps the storm alive: the page is of what it is then.
    if (storm.members.size === 0 && storm.told !== undefined) await this.#tellStorm(storm, false, signal)
  }

  /** Nobody is in it any more, perhaps. */
  drop(storm: Storm | undefined): void {
    if (storm?.members.size === 0 && this.#storms.get(storm.key) === storm) this.#storms.delete(storm.key)
  }
}

const settle = (waiting: readonly Waiting[], told: Promise<void>): void => {
  told.then(
    () => {
      for (const { resolve } of waiting) resolve()
    },
    (error) => {
      for (const { reject } of waiting) reject(error)
    },
  )
}

const byName = (one: PartitionName, other: PartitionName): number =>
  one.topic === other.topic ? one.partition - other.partition : one.topic < other.topic ? -1 : 1
