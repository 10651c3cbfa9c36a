import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Scorer } from '../../backbones/scorer.js'
import { emptyMoments } from '../../detectors/moments.js'
import { detectorByName } from '../../detectors/registry.js'
import { allowedPerDay, inOrder, judgeFolds, resampled } from '../../pipelines/null-run.js'
import { holdOut } from '../../references/held-out.js'
import type { Reference } from '../../references/reference.js'
import { openModel } from '../../references/scoring-model.js'
import { uniforms } from '../detectors/samples.js'
import { World } from '../kit/world.js'
import { asRows, fitOptions, openTools, timed } from '../references/synthetic.js'
import { expectSameEnd } from './ends.js'
import { inputOf, live, type Subject, untilTheEnd } from './lives.js'
import { centred, d, scorerOf, smallReference } from './reference.js'

const window = { by: 'time', size: 16_000, hop: 4000, longer: [32_000], least: 8 } as const
const logic = { window, record: { k: 1, n: 1, gap: 5 }, drift: { k: 1, n: 1, gap: 3 } }
const start = Date.UTC(2026, 0, 1)
const each = 90
const undying = (seed: number) => ({ steps: Number.POSITIVE_INFINITY, losing: 0, uniform: uniforms(seed) })

/** Streams a record a second each, one that comes late now and then, is silent for a while, and once has a record from the future. */
const log = inputOf({
  seed: 11,
  dtype: 'float64',
  partitions: 1,
  streams: 2,
  each,
  faults: [
    { stream: 0, feature: 0, from: 40, count: 1, sigma: 12 },
    { stream: 1, feature: 1, from: 50, count: 30, sigma: 3 },
  ],
  broken: () => false,
}).map((records) =>
  records.map((record) => {
    const i = Math.floor(record.offset / 2)
    if (record.offset % 2 === 1) return record
    const late = i % 11 === 5 ? -7000 : i % 13 === 7 ? -40_000 : 0
    return { ...record, timestamp: record.timestamp + late + (i >= 30 ? 50_000 : 0) + (i === 60 ? 3_600_000 : 0) }
  }),
)
const times = (stream: number) => log[0].filter(({ offset }) => offset % 2 === stream).map(({ timestamp }) => timestamp)

interface Seen {
  /** By stream, its evaluations: the stream's record that told of it, and the records of each length. */
  readonly evaluations: Map<string, { readonly row: number; readonly lengths: readonly number[]; readonly score: number }[]>
  late: number
}

describe('windows by time', () => {
  let reference: Reference
  let scorer: Scorer
  let subject: Subject
  let undisturbed: World
  const seen: Seen = { evaluations: new Map(), late: 0 }

  beforeAll(async () => {
    reference = await smallReference({ logic })
    scorer = await scorerOf(reference)
    subject = { reference, dtype: 'float64', scorer }
    undisturbed = new World('input', log)
    await live(undisturbed, undying(1), {
      ...subject,
      graded({ windows, states, stateOf, offsets, byTime }) {
        seen.late += byTime?.late.length ?? 0
        for (const { row, sums, scores } of windows) {
          const { name } = states[stateOf[row]]
          const evaluations = seen.evaluations.get(name) ?? []
          seen.evaluations.set(name, evaluations)
          evaluations.push({ row: Math.floor(offsets[row] / 2), lengths: sums.lengths, score: scores[0] })
        }
      },
    })
  })
  afterAll(() => scorer.close())

  it('are evaluated at the first record of a later sub-block, by the records that they hold', () => {
    const punctual = seen.evaluations.get('s1')!
    expect(punctual.map(({ row }) => row)).toEqual(Array.from({ length: 21 }, (_, i) => 8 + 4 * i))
    expect(punctual.map(({ lengths }) => lengths).slice(0, 4)).toEqual([
      [8, 8],
      [12, 12],
      [16, 16],
      [16, 20],
    ])
    expect(punctual.at(-1)!.lengths).toEqual([16, 32])
    // One of 13 is too late, but for those at the beginning and behind the jump that are not, and those that begin anew.
    expect(seen.late).toBeGreaterThan(8)
    expect(seen.late).toBeLessThan(each / 4)
  })

  it('tell of a drift with its strongest record, which is one of the windows', () => {
    const opened = undisturbed.events.filter(({ data }) => data.kind === 'drift' && data.transition === 'opened' && data.stream === 's1')
    expect(opened.length).toBeGreaterThan(0)
    const rows = seen.evaluations.get('s1')!.map(({ row }) => row)
    for (const { data } of opened) {
      const row = Math.floor(data.origin.offset / 2)
      expect(rows).toContain(row)
      const worst = 'worst' in data ? data.worst.map(({ offset }) => Math.floor(offset / 2)) : []
      expect(worst).toHaveLength(1)
      expect([row - 4, row - 3, row - 2, row - 1]).toContain(worst[0])
    }
  })

  it('say the same whatever the cuts of the batches, and after any death', async () => {
    for (const seed of [2, 3, 4]) {
      const world = new World('input', log)
      await live(world, undying(seed), subject)
      expectSameEnd(world, undisturbed, subject)
    }
    const uniform = uniforms(7)
    for (const first of [5, 20]) {
      const world = new World('input', log)
      const lives = await untilTheEnd(world, subject, (life) => ({ steps: first * life, losing: 0.1, uniform }))
      expect(lives).toBeGreaterThan(1)
      expectSameEnd(world, undisturbed, subject)
    }
  })

  it('are the same in the scoring of reference rows: held-out calibration sees what the live stream sees', async () => {
    const tools = await openTools()
    const { whitening, detectors } = reference
    const summary = { moments: async () => emptyMoments(d), whitening, bank: { m: 0, rows: new Float64Array(0) } }
    const model = await openModel(summary, Object.keys(detectors).map(detectorByName), 'float64', tools)
    for (const stream of [0, 1]) {
      const values = log[0]
        .filter(({ offset }) => offset % 2 === stream)
        .map(({ value }) => new Float64Array(Uint8Array.from(value!).buffer))
      const rows = timed(asRows(Float64Array.from(values.flatMap((row) => [...row])), d), Float64Array.from(times(stream)))
      const { scores, evaluated } = await model.score(rows, { from: 0, to: each, streamFrom: 0, streamTo: each }, window)
      const seenLive = seen.evaluations.get(`s${stream}`)!
      expect([...evaluated]).toEqual(seenLive.map(({ row }) => row - 1))
      for (const [i, score] of scores.get('hotelling')!.entries()) expect(score / seenLive[i].score).toBeCloseTo(1, 4)
    }
    await model.close()
    await tools.close()
  })
})

it('of a reference are held out, and go through a null run', async () => {
  const tools = await openTools()
  const n = 6000
  const rows = { ...timed(asRows(centred(n, 5), d, 2)), first: start, last: start + 3_000_000 }
  const heldOut = await holdOut(rows, fitOptions(d, { logic: { ...logic, window: { ...window, longer: [64_000] } } }), tools)
  await tools.close()
  const evaluations = heldOut.folds
    .flat()
    .flatMap(({ stretch, evaluated }) => [...evaluated].map((row) => stretch.from + row - stretch.streamFrom))
  // Twice every fourth second from the eighth on; the last sub-block of a stream does not end.
  expect(evaluations.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 748 }, (_, i) => 7 + 4 * i).flatMap((row) => [row, row]))
  const judged = judgeFolds(heldOut, { falseAlarmsPerDay: (20 * heldOut.rowsPerDay) / n, feedback: false, relativeClearing: false })
  for (const run of [inOrder(judged), resampled(judged, 1)]) {
    expect(run.records).toBe(n)
    const opened = Object.values(run.opened).reduce((sum, count) => sum + count, 0)
    expect(opened).toBeGreaterThan(8)
    expect(opened).toBeLessThan(36)
  }
  expect(allowedPerDay(judged)).toBeCloseTo((20 * heldOut.rowsPerDay) / n, 6)
})
