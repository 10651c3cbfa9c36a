import { setTimeout as sleep } from 'node:timers/promises'
import { createErrorFromCode } from 'kafkajs/src/protocol/error.js'
import type { PartitionRef } from '../../source.js'
import { persistently } from '../assignment.js'
import { isTransient } from '../fault.js'
import { type Feed, type FeedListener, type Reading, recreated, where } from '../feed.js'
import { Bell } from './bell.js'
import { type FetchAnswer, type FetchedPartition, readFetchAnswer } from './fetch-answer.js'
import { Flow } from './flow.js'
import type { Links } from './links.js'
import { RecordSet } from './record-set.js'

export interface ColumnarOptions {
  readonly maxBytesPerPartition: number
  readonly maxWait: number
  readonly checkCrcs: boolean
}

const leastAnswer = 10 * 1024 * 1024
/** ms until partitions are asked again of which nothing new came while others wait for the reader. */
const whileOthersWait = 50
const longestDelay = 5000
const offsetOutOfRange = 1

/**
 * The records as this driver fetches and decodes them: driver columnar.
 *
 * Each node is asked for the partitions that it leads, one request after the other, but only for those of which less
 * than two answers wait, and only while what waits from that node is no more than one full answer: a reader that does
 * not ask stops the fetching, and a partition that is slow holds up none but itself. Record batches are decoded when
 * their turn comes.
 * A leader that moved or fell silent is looked for again, with growing delays, until there is one.
 */
export class ColumnarFeed implements Feed {
  readonly #flows = new Map<Reading, Flow>()
  readonly #nodes = new Map<string, Bell>()
  /** One per node; they end when the feed is closed. */
  readonly #runs: Promise<void>[] = []
  readonly #closed = new AbortController()
  readonly #maxBytes: number

  constructor(
    private readonly links: Pick<Links, 'leaderOf' | 'fetch' | 'close' | 'memory'>,
    private readonly options: ColumnarOptions,
    private readonly listener: FeedListener,
  ) {
    this.#maxBytes = Math.max(options.maxBytesPerPartition, leastAnswer)
  }

  begin(reading: Reading, offset: number): void {
    for (const { reading } of this.#flows.values()) if (reading.revoked) this.#flows.delete(reading)
    const flow = new Flow(reading, offset)
    this.#flows.set(reading, flow)
    this.#place(flow)
  }

  end(reading: Reading): void {
    this.#flows.delete(reading)
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.#flows.clear()
    for (const node of this.#nodes.values()) node.ring()
    // A request that is on its way would be written to a connection that has ended.
    await Promise.all(this.#runs)
    await this.links.close()
  }

  /** Looks for the partition's leader, then fetches from there. */
  async #place(flow: Flow): Promise<void> {
    const { signal } = this.#closed
    flow.node = undefined
    try {
      if (flow.faults++ > 0) await sleep(Math.min(longestDelay, 50 * 2 ** flow.faults), undefined, { signal })
      const node = await persistently(signal, async () => (this.#isLive(flow) ? this.links.leaderOf(flow.reading) : undefined))
      if (node === undefined) return
      flow.node = node
      this.#wake(node)
    } catch (error) {
      if (this.#isLive(flow)) this.listener.failed(error)
    }
  }

  #wake(node: string): void {
    const known = this.#nodes.get(node)
    known?.ring()
    if (known !== undefined) return
    const bell = new Bell()
    this.#nodes.set(node, bell)
    this.#runs.push(this.#run(node, bell))
  }

  async #run(node: string, bell: Bell): Promise<void> {
    while (!this.#closed.signal.aborted) {
      const flows = [...this.#flows.values()].filter((flow) => flow.node === node && this.#isLive(flow))
      const hungry = flows.filter((flow) => flow.hungry)
      const held = flows.reduce((sum, flow) => sum + flow.held, 0)
      if (hungry.length === 0 || held > this.#maxBytes) await bell.wait()
      else {
        const othersWait = hungry.length < flows.length
        const brought = await this.#fetch(node, hungry, othersWait ? 0 : this.options.maxWait)
        if (othersWait && !brought) await bell.wait(whileOthersWait)
      }
    }
  }

  /** @returns whether any records came */
  async #fetch(node: string, flows: readonly Flow[], maxWait: number): Promise<boolean> {
    try {
      const topics = this.#request(flows)
      const answer = await this.links.fetch(node, { topics, maxWait, maxBytes: this.#maxBytes })
      const brought = this.#take(flows, readFetchAnswer(answer))
      this.links.memory.release(answer)
      return brought
    } catch (error) {
      if (isTransient(error)) for (const flow of this.#flows.values()) flow.node === node && this.#place(flow)
      else if (flows.some((flow) => this.#isLive(flow))) this.#fail(flows, error)
      return false
    }
  }

  #request(flows: readonly Flow[]) {
    const maxBytes = this.options.maxBytesPerPartition
    return [...new Set(flows.map(({ reading }) => reading.topic))].map((topic) => ({
      topic,
      partitions: flows
        .filter(({ reading }) => reading.topic === topic)
        .map(({ reading, next }) => ({ partition: reading.partition, fetchOffset: String(next), maxBytes })),
    }))
  }

  #take(flows: readonly Flow[], answer: FetchAnswer): boolean {
    if (answer.errorCode !== 0) throw createErrorFromCode(answer.errorCode)
    const asked = new Map(flows.map((flow) => [key(flow.reading), flow]))
    let brought = false
    for (const fetched of answer.partitions) {
      const flow = asked.get(key(fetched))
      if (flow === undefined || !this.#isLive(flow)) continue
      if (fetched.errorCode !== 0) this.#refused(flow, fetched.errorCode)
      else if (this.#accept(flow, fetched)) brought = true
    }
    return brought
  }

  #accept(flow: Flow, { records, aborted, end: logEnd }: FetchedPartition): boolean {
    const { reading } = flow
    const set = new RecordSet(reading, records, aborted, this.options.checkCrcs, this.links.memory)
    flow.faults = 0
    if (set.end === undefined) return false
    flow.next = set.end
    flow.waiting.push({ set, logEnd })
    this.links.memory.hold(records)
    if (flow.waiting.length === 1) flow.drained = this.#drain(flow)
    // To the end of the line: an answer that is full leaves out the last ones that were asked for.
    this.#flows.delete(reading)
    this.#flows.set(reading, flow)
    return true
  }

  async #drain(flow: Flow): Promise<void> {
    const { reading, waiting } = flow
    try {
      for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
        for (const portion of first.set.portions(reading.position ?? 0, reading.until)) {
          if (!(await this.listener.handOver(reading, portion, first.logEnd))) return
        }
        waiting.shift()
        this.links.memory.release(first.set.bytes)
        if (!this.#isLive(flow)) return
        this.listener.passed(reading, first.set.end ?? 0)
        if (flow.node !== undefined) this.#wake(flow.node)
      }
    } catch (error) {
      this.#fail([flow], error)
    }
  }

  #refused(flow: Flow, errorCode: number): void {
    const error = createErrorFromCode(errorCode)
    if (errorCode === offsetOutOfRange) this.#resume(flow)
    else if (isTransient(error)) this.#place(flow)
    else this.#fail([flow], new Error(`${where(flow.reading)}: ${error.message}`, { cause: error }))
  }

  /** The log does not hold the next offset: records were deleted unread, or the topic is another one. */
  async #resume(flow: Flow): Promise<void> {
    const { reading } = flow
    flow.node = undefined
    await flow.drained
    const next = this.#isLive(flow) ? await this.listener.resume(reading) : undefined
    if (next === undefined || !this.#isLive(flow)) return
    if (next < (reading.position ?? 0)) return this.#fail([flow], new Error(`${where(reading)}: ${recreated}; start again`))
    flow.next = next
    this.listener.passed(reading, next)
    this.#place(flow)
  }

  #fail(flows: readonly Flow[], error: unknown): void {
    for (const { reading } of flows) this.#flows.delete(reading)
    this.listener.failed(error)
  }

  #isLive({ reading }: Flow): boolean {
    return !reading.revoked && this.#flows.has(reading)
  }
}

const key = ({ topic, partition }: PartitionRef) => `${partition}/${topic}`
