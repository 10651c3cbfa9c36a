import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'
import type { Scorer } from '../../backbones/scorer.js'
import { type RawRecord, Records } from '../../connectors/records.js'
import type { Source, SourceEvent } from '../../connectors/source.js'
import type { Round, StateStore } from '../../connectors/store.js'
import { assemble, type MonitorComponents } from '../../pipelines/assemble.js'
import type { CheckpointOptions } from '../../pipelines/checkpoint.js'
import { ConnectError, runMonitor } from '../../pipelines/run.js'
import { turn } from '../../pipelines/turn.js'
import type { Reference } from '../../references/reference.js'
import { gate, leaseOf, storeOf } from './builders.js'
import { codecOf, inputOf, unobserved } from './lives.js'
import { scorerOf, smallReference } from './reference.js'

interface Closable {
  connect(): Promise<void>
  close(): Promise<void>
}

let reference: Reference
let scorer: Scorer
beforeAll(async () => {
  reference = await smallReference()
  scorer = await scorerOf(reference)
})
afterAll(() => scorer.close())

const faults = [{ stream: 0, feature: 0, from: 10, count: 1, sigma: 15 }]
const [log] = inputOf({ seed: 3, dtype: 'float64', partitions: 1, streams: 2, each: 30, faults, broken: () => false })

/** A monitor over one partition, whose parts note what happens to them. */
class Scene {
  readonly told: string[] = []
  readonly saved: Round[] = []
  readonly events: AlertEvent[] = []
  readonly stop = new AbortController()
  readonly lease = leaseOf()
  /** How the part of that name behaves when it is connected or closed. */
  readonly behaviour: Record<string, () => Promise<void>> = {}
  end = log.length
  /** Options of the checkpoints that replace the usual ones. */
  checkpoint: Partial<CheckpointOptions> = {}

  constructor(readonly batches: readonly (readonly RawRecord[])[] = [log.slice(0, 30), log.slice(30)]) {}

  run(changes: Partial<MonitorComponents> = {}): Promise<void> {
    const part = (name: string): Closable => ({
      connect: () => this.#note(`connect ${name}`),
      close: () => this.#note(`close ${name}`),
    })
    const store: StateStore = { ...storeOf({ offset: undefined, streams: new Map() }, this.saved), ...part('store') }
    const source: Source = {
      ...part('source'),
      read: () => this.read(),
      commit: async ([{ offset }]) => void this.told.push(`committed ${offset}`),
    }
    const main = { name: 'main', ...part('sink'), write: async (event: AlertEvent) => void this.events.push(event) }
    const deadLetters = { name: 'letters', ...part('letters'), write: async () => undefined }
    const shared: Scorer = { provider: 'cpu', score: (request) => scorer.score(request), close: () => this.#note('close scorer') }
    const components = { source, codec: codecOf('float64'), scorer: shared, required: [main], optional: [], deadLetters, store, ...changes }
    const settings = {
      name: 'watch',
      version: 'c1',
      alerting: { falseAlarmsPerDay: 100, feedback: false, relativeClearing: true, updateEvery: 1e6 },
      limits: { inFlightRecords: 100, inFlightBytes: 1e6, streams: 10, knownStreams: 100, forgetAfter: 1e9 },
    }
    const signals = { stop: this.stop.signal, giveUp: new AbortController().signal }
    const usual = assemble(settings, reference, components, unobserved, signals)
    const parts = { ...usual, checkpoint: { ...usual.checkpoint, ...this.checkpoint } }
    return runMonitor({
      parts,
      sinks: components.required,
      deadLetters: components.deadLetters,
      connected: () => this.told.push('connected'),
    })
  }

  async *read(): AsyncIterable<SourceEvent> {
    const { lease, end } = this
    const begun = gate<number>()
    yield { kind: 'assigned', lease, committed: undefined, initial: 0, earliest: 0, end, begin: begun.open }
    await begun.promise
    for (const records of this.batches) yield { kind: 'batch', lease, records: Records.of(records), bytes: 0, lag: 0 }
    await this.after()
  }

  /** What the source does when it has no more batches. */
  after = async (): Promise<void> => undefined

  async #note(what: string): Promise<void> {
    this.told.push(what)
    await this.behaviour[what]?.()
  }

  closed(): string[] {
    return this.told.filter((line) => line.startsWith('close')).toSorted()
  }
}

const everythingClosed = ['close letters', 'close scorer', 'close sink', 'close source', 'close store']

describe('runMonitor', () => {
  it('connects everything, runs to the end of the source, writes the last checkpoint, and closes everything', async () => {
    const scene = new Scene()
    await scene.run()
    expect(scene.told.slice(0, 5).toSorted()).toEqual(['connect letters', 'connect sink', 'connect source', 'connect store', 'connected'])
    expect(scene.events.map(({ data }) => `${data.stream} ${data.transition} ${data.origin.offset}`)).toContain('s0 opened 20')
    expect(scene.saved.at(-1)?.offset).toBe(60)
    expect(scene.told.filter((line) => line.startsWith('committed')).at(-1)).toBe('committed 60')
    expect(scene.told.slice(-5).toSorted()).toEqual(everythingClosed)
  })

  it('saves what changed since a checkpoint was begun that is still in the making', async () => {
    const scene = new Scene([log.slice(0, 30), log.slice(30)])
    scene.checkpoint = { every: 0, streams: 1 }
    await scene.run()
    const ends = scene.saved.map(({ offset }) => offset)
    expect(ends).toEqual(ends.toSorted((a, b) => a - b))
    expect(ends.at(-1)).toBe(60)
    const states = scene.saved.flatMap(({ streams }) => [...streams].filter(([name]) => name !== ''))
    const last = new Map(states.map(([name, { lastOffset }]) => [name, lastOffset]))
    expect(Object.fromEntries(last)).toEqual({ s0: 58, s1: 59 })
  })

  it.each([false, true])(
    'delivers what comes while a sink is slow, unless each commit is to hold just what is before it (in turn: %s)',
    async (inTurn) => {
      const scene = new Scene([log.slice(0, 30), log.slice(30)])
      const [first, all] = [gate(), gate()]
      const begun: number[] = []
      const write = async ({ data }: AlertEvent) => {
        begun.push(data.origin.offset)
        if (begun.length === 1) await first.promise
      }
      const slow = { name: 'slow', connect: async () => undefined, write, close: async () => undefined }
      scene.after = () => all.promise
      const run = scene.run({ required: [slow], inTurn })
      while (begun.length === 0) await turn()
      // The second batch is scored meanwhile.
      if (inTurn) for (let i = 0; i < 200; i++) await turn()
      else while (Math.max(...begun) < 30) await turn()
      expect(begun.some((offset) => offset >= 30)).toBe(!inTurn)
      expect(scene.told.some((line) => line.startsWith('committed'))).toBe(false)
      first.open()
      all.open()
      await run
      expect(Math.max(...begun)).toBeGreaterThanOrEqual(30)
      expect(scene.told.filter((line) => line.startsWith('committed')).at(-1)).toBe('committed 60')
    },
  )

  it('tells the sinks, required or not, when nothing more comes', async () => {
    const scene = new Scene()
    const hastened: string[] = []
    const sink = (name: string) => {
      const waits = gate()
      const hasten = () => {
        hastened.push(name)
        waits.open()
      }
      return { name, connect: async () => undefined, write: () => waits.promise, hasten, close: async () => undefined }
    }
    await scene.run({ required: [sink('main')], optional: [sink('extra')] })
    expect(hastened).toEqual(['main', 'extra'])
    expect(scene.told.filter((line) => line.startsWith('committed')).at(-1)).toBe('committed 60')
  })

  it('bears an empty batch among others', async () => {
    const scene = new Scene([log.slice(0, 10), [], log.slice(10, 20), [], []])
    await scene.run()
    expect(scene.saved.at(-1)?.offset).toBe(20)
  })

  it('writes a state that every store can keep where no record came at all', async () => {
    const scene = new Scene([])
    await scene.run()
    expect(scene.saved.map(({ offset, streams }) => [offset, [...streams.values()].map(({ lastOffset }) => lastOffset)])).toEqual([
      [0, [0]],
    ])
    expect(scene.told).toContain('committed 0')
  })

  it('waits, at the end, for what an optional sink has not taken yet', async () => {
    const scene = new Scene()
    const slow = {
      name: 'slow',
      connect: async () => undefined,
      close: async () => undefined,
      write: async ({ data }: AlertEvent) => {
        while (!scene.told.includes('committed 60')) await turn()
        scene.told.push(`slow took ${data.stream} ${data.transition}`)
      },
    }
    await scene.run({ optional: [slow] })
    const end = scene.told.slice(scene.told.lastIndexOf('committed 60') + 1)
    expect(end[0]).toBe('slow took s0 opened')
    expect(end.filter((line) => line.startsWith('slow')).length).toBe(scene.events.length)
    expect(end.slice(-5).toSorted()).toEqual(everythingClosed)
  })

  it('delivers and commits what is in flight when it is stopped, and asks for no further batch', async () => {
    const scene = new Scene([log.slice(0, 30), log.slice(30)])
    const delivering = gate()
    const started = gate()
    const main = {
      name: 'main',
      connect: async () => undefined,
      close: async () => undefined,
      write: async (event: AlertEvent) => {
        started.open()
        await delivering.promise
        scene.events.push(event)
      },
    }
    scene.after = () => new Promise(() => undefined)
    const done = scene.run({ required: [main] })
    await started.promise
    scene.stop.abort()
    expect(scene.saved).toEqual([])
    delivering.open()
    await done
    expect(scene.events.length).toBeGreaterThan(0)
    const [{ offset }] = scene.saved.slice(-1)
    expect(scene.told).toContain(`committed ${offset}`)
    expect(scene.closed()).toContain('close source')
  })

  it('writes no checkpoint of a partition that it lost', async () => {
    const scene = new Scene()
    scene.after = async () => {
      scene.lease.revoked = true
    }
    await scene.run()
    expect(scene.saved).toEqual([])
    expect(scene.closed()).toEqual(everythingClosed)
  })

  it('reports everything that cannot be reached at the start, and closes the rest', async () => {
    const scene = new Scene()
    scene.behaviour['connect source'] = () => Promise.reject(new Error('no broker at a:1'))
    scene.behaviour['connect sink'] = () => Promise.reject(new Error('no receiver at b:2'))
    const error = await scene.run().catch((fault) => fault)
    expect(error).toBeInstanceOf(ConnectError)
    expect(error.message).toBe('no broker at a:1\nno receiver at b:2')
    expect(scene.told).not.toContain('connected')
    expect(scene.closed()).toEqual(everythingClosed)
  })

  it('ends with a fault of the source, commits nothing more, and closes everything', async () => {
    const scene = new Scene()
    scene.after = () => Promise.reject(new Error('the disk is gone'))
    await expect(scene.run()).rejects.toThrow('the disk is gone')
    expect(scene.saved).toEqual([])
    expect(scene.closed()).toEqual(everythingClosed)
  })

  it('ends with a state that does not fit the input', async () => {
    const scene = new Scene()
    scene.end = -1
    await expect(scene.run()).rejects.toThrow('input/0: the input ends at offset -1, but work up to offset 0')
    expect(scene.closed()).toEqual(everythingClosed)
  })

  it('ends with a fault of the scorer', async () => {
    const broken: Scorer = { provider: 'cpu', score: () => Promise.reject(new Error('out of memory')), close: async () => undefined }
    const scene = new Scene()
    await expect(scene.run({ scorer: broken })).rejects.toThrow('out of memory')
    expect(scene.saved).toEqual([])
  })

  it('shows the first fault although something cannot be closed after it', async () => {
    const scene = new Scene()
    scene.after = () => Promise.reject(new Error('the first fault'))
    scene.behaviour['close sink'] = () => Promise.reject(new Error('cannot close'))
    await expect(scene.run()).rejects.toThrow('the first fault')
    expect(scene.closed()).toEqual(everythingClosed)
  })

  it('ends with what cannot be closed when that is all', async () => {
    const scene = new Scene()
    scene.behaviour['close sink'] = () => Promise.reject(new Error('the last write was lost'))
    await expect(scene.run()).rejects.toThrow('closing failed: the last write was lost')
    expect(scene.closed()).toEqual(everythingClosed)
  })
})
