import fc from 'fast-check'
import { firstValueFrom, from, lastValueFrom, map, toArray } from 'rxjs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ScoreRequest, ScoreResult, Scorer } from '../../backbones/scorer.js'
import { ArrayMemory } from '../../connectors/array-memory.js'
import type { WindowSums } from '../../detectors/detector.js'
import { place } from '../../detectors/window-sums.js'
import type { Detrended, Scored, WindowEvaluation } from '../../pipelines/batch.js'
import { score } from '../../pipelines/score.js'
import { newStream, type Partition, type StreamState } from '../../pipelines/streams.js'
import { turn } from '../../pipelines/turn.js'
import { window } from '../../pipelines/window.js'
import { gate, partitionAt } from './builders.js'

const memory = new ArrayMemory()
const stage = { memory, detectors: 1, width: 1 }

/** Rows of one number, which the scorer takes for whitened as they are. */
const add = ({ values, n, segments, scores, sums }: ScoreRequest): ScoreResult => {
  sums.fill(0)
  scores[0].set(values.subarray(0, n))
  for (let row = 0; row < n; row++) sums[segments[row]] += values[row]
  return { values, segments, sums, scores }
}

const scorerOf = (work: (request: ScoreRequest) => Promise<ScoreResult>): Scorer => ({
  provider: 'none',
  score: work,
  close: async () => undefined,
})

/** Makes batches of one partition from the stream of each record; the record's number is its value, its offset and its time. */
class Decoder {
  readonly #states: StreamState[]
  #next = 0

  constructor(
    streams: number,
    size: number,
    hop: number,
    private readonly partition: Partition = partitionAt(),
  ) {
    this.#states = Array.from({ length: streams }, (_, i) => newStream(`s${i}`, { d: 1, width: 1, window: { size, hop }, detrend: 0 }, 0))
  }

  batch(streams: readonly number[]): Detrended {
    const n = streams.length
    const first = this.#next
    this.#next += n
    const used = [...new Set(streams)]
    for (const stream of streams) this.#states[stream].ahead.count++
    return {
      partition: this.partition,
      n,
      d: 1,
      values: Float64Array.from(streams, (_, i) => first + i),
      states: used.map((stream) => this.#states[stream]),
      stateOf: Int32Array.from(streams, (stream) => used.indexOf(stream)),
      times: Float64Array.from(streams, (_, i) => first + i),
      offsets: Float64Array.from(streams, (_, i) => first + i),
      ids: [],
      rejected: [],
      arrivals: { n: 0, lost: 0, offsets: new Float64Array(0), times: new Float64Array(0), rejected: [] },
      end: this.#next,
      clock: 0,
      clocks: used.map(() => 0),
      arrived: 0,
      release: () => undefined,
      trends: used.map(() => undefined),
      adapted: [],
    }
  }
}

/** Cuts a list at the given places. */
const cutAt = <Item>(items: readonly Item[], cuts: readonly number[]): Item[][] => {
  const places = [0, ...cuts.map((cut) => cut % (items.length + 1)), items.length].toSorted((a, b) => a - b)
  return places.slice(1).map((end, i) => items.slice(places[i], end))
}

describe('score', () => {
  it('fills the windows as the streams’ own records would, whatever the interleaving and the cuts', async () => {
    const shape = fc.record({ hop: fc.integer({ min: 1, max: 5 }), blocks: fc.integer({ min: 1, max: 3 }), warmUp: fc.nat({ max: 7 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat({ max: 2 }), { maxLength: 80 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        shape,
        async (streams, cuts, of) => {
          const { hop, blocks, warmUp } = of
          const size = hop * blocks
          const decoder = new Decoder(3, size, hop)
          const decoded = from(cutAt(streams, cuts)).pipe(map((part) => decoder.batch(part)))
          const scored = score({ ...stage, scorer: scorerOf(async (request) => add(request)), window: { size, hop }, warmUp })
          const found: string[] = []
          const windowed = window({ windows: place(1, [sumOfWindow]), lengths: 1, memory })
          for (const batch of await lastValueFrom(decoded.pipe(scored, toArray())))
            for (const { row, sums, scores } of windowed(batch).windows) found.push(`${batch.offsets[row]}: ${sums.sums} ${scores}`)
          expect(found).toEqual(expectedWindows(streams, size, hop, warmUp))
        },
      ),
    )
  })

  /** Directly from the definition: a stream's window is due at every hop-th record after its warm-up, once it is full. */
  const expectedWindows = (streams: readonly number[], size: number, hop: number, warmUp: number): string[] => {
    const records = [0, 1, 2].map((stream) => [...streams.keys()].filter((i) => streams[i] === stream).slice(warmUp))
    const due = records.flatMap((of) => of.filter((_, i) => i + 1 >= size && (i + 1) % hop === 0))
    return due
      .toSorted((a, b) => a - b)
      .map((offset) => {
        const of = records[streams[offset]]
        const place = of.indexOf(offset)
        const sum = of.slice(place + 1 - size, place + 1).reduce((total, value) => total + value, 0)
        return `${offset}: ${sum} ${sum / size}`
      })
  }

  it('scores the rows of the warm-up, but puts them into no window', async () => {
    const decoder = new Decoder(1, 2, 1)
    const requests: ScoreRequest[] = []
    const scorer = scorerOf(async (request) => {
      requests.push(request)
      return add(request)
    })
    const batch = await firstValueFrom(
      from([decoder.batch([0, 0, 0, 0])]).pipe(score({ ...stage, scorer, window: { size: 1, hop: 1 }, warmUp: 3 })),
    )
    expect(batch.segments).toEqual([{ state: 0, block: 0, count: 1, row: 3 }])
    expect([...requests[0].segments]).toEqual([1, 1, 1, 0])
    expect(requests[0].sums).toHaveLength(2)
    expect([...batch.scores[0]]).toEqual([0, 1, 2, 3])
  })

  it('needs no scorer for a batch without rows', async () => {
    const scorer = scorerOf(() => Promise.reject(new Error('asked')))
    const batch = await firstValueFrom(
      from([new Decoder(1, 2, 1).batch([])]).pipe(score({ ...stage, scorer, window: { size: 1, hop: 1 }, warmUp: 0 })),
    )
    expect(batch).toMatchObject({ n: 0, scores: [], segments: [] })
  })

  it('asks for several batches at a time and hands them on in their order', async () => {
    const decoder = new Decoder(1, 2, 1)
    const gates = [0, 1, 2].map(() => gate<ScoreResult>())
    const requests: ScoreRequest[] = []
    const scorer = scorerOf((request) => gates[requests.push(request) - 1].promise)
    const passed: number[] = []
    const batches = [1, 2, 3].map((n) => decoder.batch(Array(n).fill(0)))
    const done = new Promise<void>((resolve, reject) =>
      from(batches)
        .pipe(score({ ...stage, scorer, window: { size: 1, hop: 1 }, warmUp: 0 }))
        .subscribe({ next: ({ n }) => passed.push(n), complete: resolve, error: reject }),
    )
    expect(requests.map(({ n }) => n)).toEqual([1, 2, 3])
    gates[2].open(add(requests[2]))
    gates[1].open(add(requests[1]))
    await turn()
    expect(passed).toEqual([])
    gates[0].open(add(requests[0]))
    await done
    expect(passed).toEqual([1, 2, 3])
  })

  it('hands one batch on in a turn of the event loop, however many are scored', async () => {
    const decoder = new Decoder(1, 2, 1)
    const batches = Array.from({ length: 20 }, () => decoder.batch([0]))
    let passed = 0
    const done = new Promise<void>((resolve, reject) =>
      from(batches)
        .pipe(score({ ...stage, scorer: scorerOf(async (request) => add(request)), window: { size: 1, hop: 1 }, warmUp: 0 }))
        .subscribe({ next: () => passed++, complete: resolve, error: reject }),
    )
    for (let turns = 1; turns <= 10; turns++) {
      await turn()
      expect(passed).toBeLessThanOrEqual(turns)
    }
    await done
    expect(passed).toBe(20)
  })

  describe('when the scorer fails', () => {
    const unhandled: unknown[] = []
    const note = (error: unknown) => unhandled.push(error)
    beforeEach(() => {
      unhandled.length = 0
      process.on('unhandledRejection', note)
    })
    afterEach(() => void process.off('unhandledRejection', note))

    it('ends with the first fault, once, and leaves no rejection unhandled', async () => {
      const decoder = new Decoder(1, 2, 1)
      const batches = [1, 2, 3].map((n) => decoder.batch(Array(n).fill(0)))
      const scorer = scorerOf(({ n }) => (n === 1 ? gate<ScoreResult>().promise : Promise.reject(new Error(`no ${n}`))))
      const working = scorerOf((request) => (request.n === 1 ? Promise.resolve(add(request)) : scorer.score(request)))
      const seen: (Scored | Error)[] = []
      await new Promise<void>((resolve) =>
        from(batches)
          .pipe(score({ ...stage, scorer: working, window: { size: 1, hop: 1 }, warmUp: 0 }))
          .subscribe({
            next: (batch) => seen.push(batch),
            error: (error) => {
              seen.push(error)
              resolve()
            },
          }),
      )
      for (let i = 0; i < 5; i++) await turn()
      expect(seen).toHaveLength(2)
      expect(seen[1]).toMatchObject({ message: 'no 2' })
      expect(unhandled).toEqual([])
    })
  })
})

/** A window detector that scores the mean. */
const sumOfWindow = {
  detector: {
    name: 'mean',
    title: '',
    kind: 'window',
    fit: async () => ({ scalars: {}, tensors: {} }),
    score: (_: unknown, { z, m }: WindowSums) => z[0] / m,
    explain: () => [],
  },
  fitted: { scalars: {}, tensors: {} },
} as const

describe('window', () => {
  it('evaluates nothing where no detector looks at windows', async () => {
    const decoder = new Decoder(1, 2, 1)
    const scored = score({ ...stage, scorer: scorerOf(async (request) => add(request)), window: { size: 1, hop: 1 }, warmUp: 0 })
    const batch = await firstValueFrom(from([decoder.batch([0, 0, 0])]).pipe(scored))
    const windows: readonly WindowEvaluation[] = window({ windows: place(1, []), lengths: 1, memory })(batch).windows
    expect(windows).toEqual([])
  })
})
