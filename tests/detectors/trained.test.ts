import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openGraph } from '../../backbones/graph-runner.js'
import { bnDivergence, bnWasserstein } from '../../detectors/bn-statistics.js'
import { bnDivergenceWindows, bnWassersteinWindows, pooled } from '../../detectors/bn-windows.js'
import { FLOOR, pairedChannels, type TrainedTap } from '../../detectors/channels.js'
import { multiply } from '../../detectors/matmul.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { tapColumnsOf } from '../../detectors/tap-columns.js'
import { divergence, wasserstein } from '../../detectors/trained.js'
import { TrainedDistance } from '../../detectors/trained-distance.js'
import { place } from '../../detectors/window-sums.js'
import { normals, rowOf, summaryOf } from './samples.js'
import { windowScorer } from './windows.js'

const tap = (means: number[], logSds: number[], mean: number[], variance: number[]): TrainedTap => ({
  means: Float64Array.from(means),
  logSds: Float64Array.from(logSds),
  mean: Float64Array.from(mean),
  variance: Float64Array.from(variance),
})

/** Two taps, of 2 and of 3 channels, and four pictures. */
const taps = [
  tap([0, 1], [2, 3], [4.082, -5.111], [3.304, 2.538]),
  tap([4, 5, 6], [7, 8, 9], [-0.905, -0.431, -4.04], [1.059, 3.071, 0.898]),
]
const pictures = [
  [4.492, -5.673, 0.777029, 0.234281, 1.086, -0.903, -4.271, -0.299755, 0.846726, 0.09349],
  [3.571, -6.175, -0.091019, 0.853564, 0.126, -1.984, -4.316, 0.19721, 0.838978, -0.126698],
  [2.164, -5.734, 0.372942, 0.260825, 0.003, 0.586, -3.953, 0.259283, 0.882527, -0.558616],
  [4.958, -5.491, 0.928614, 0.548121, -0.215, -5.387, -3.072, 0.329304, 0.449801, -0.073647],
].map((row) => Float64Array.from(row))
/** By numpy: means over the channels of each tap, then over the taps; together: with 16 pictures of the training, as one mixture. */
const expected = {
  w2: { pictures: [0.7454182626859949, 0.584933799495531, 0.5839154254017929, 1.7165803548707381], together: 0.02934259228446431 },
  kl: { pictures: [0.40066448872464844, 0.3716424419859846, 0.33525548189101917, 0.8837707362591293], together: 0.020857048397873282 },
}

const d = 10
/** A reference around other values than those of the training. */
async function reference(seed: number, away = 0) {
  const normal = normals(seed)
  const rows = Float64Array.from({ length: 300 * d }, (_, at) => pictures[0][at % d] + away + 0.4 * normal())
  return { ...(await summaryOf(rows, 300, d)), trained: taps }
}

describe('the distance from the training', () => {
  it.each(['w2', 'kl'] as const)('is that of numpy (%s), of each picture and of all together', (kind) => {
    const measured = taps.map((one) => new TrainedDistance(one, d))
    for (const picture of pictures) for (const one of measured) one.add(picture)
    const mean = (of: (one: TrainedDistance) => number) => (of(measured[0]) + of(measured[1])) / 2
    expected[kind].pictures.forEach((value, i) => {
      expect(mean((one) => one.pictures[kind][i])).toBeCloseTo(value, 12)
    })
    expect(mean((one) => one.together(kind))).toBeCloseTo(expected[kind].together, 12)
  })

  it.each([
    ['w2', bnWasserstein, bnWassersteinWindows],
    ['kl', bnDivergence, bnDivergenceWindows],
  ] as const)('is what the detectors score (%s), wherever their reference lies', async (kind, record, window) => {
    for (const summary of [await reference(1), await reference(2, 3)]) {
      const fitted = await record.fit(summary, multiply)
      pictures.forEach((row, i) => {
        expect(record.score(fitted, summary.whitening, row)).toBeCloseTo(expected[kind].pictures[i], 9)
      })
      const score = windowScorer(window, summary, await window.fit(summary, multiply))
      // Four pictures beside the 16 of the training: shrinking leaves a fifth of what is small, squared.
      expect(score(Float64Array.from(pictures.flatMap((row) => [...row])))).toBeCloseTo(expected[kind].together * 25, 8)
    }
  })

  it('is by definition the integral over two normal distributions', () => {
    const density = (x: number, mean: number, deviation: number) =>
      Math.exp(-(((x - mean) / deviation) ** 2) / 2) / deviation / Math.sqrt(2 * Math.PI)
    for (const [z, r] of [
      [0, 1],
      [0.7, 1.4],
      [-1.2, 0.3],
    ]) {
      let kl = 0
      let w2 = 0
      for (let x = -12; x < 12; x += 0.001) {
        const [live, usual] = [density(x, z, r), density(x, 0, 1)]
        if (live > 0) kl += 0.001 * live * Math.log(live / usual)
        // The map z + r x moves the standard normal distribution to the other one, at the least cost.
        w2 += 0.001 * usual * (z + r * x - x) ** 2
      }
      expect(divergence.ofMean(z) + divergence.ofRatio(r)).toBeCloseTo(kl, 6)
      expect(wasserstein.ofMean(z) + wasserstein.ofRatio(r)).toBeCloseTo(w2, 6)
    }
  })

  it('bounds what one channel may say, and leaves out channels that were dead in training or never vary in the reference', async () => {
    const far = pictures[0].slice()
    far[0] = 1e9
    const summary = await reference(1)
    const fitted = await bnWasserstein.fit(summary, multiply)
    const at = (row: Float64Array) => bnWasserstein.explain(fitted, summary.whitening, row)[0].share
    expect(at(far)).toBeCloseTo(100 / 4, 9)

    const dead = [{ ...taps[0], variance: Float64Array.of(1e-9, 2.5) }, taps[1]]
    const without = await bnWasserstein.fit({ ...summary, trained: dead }, multiply)
    expect(bnWasserstein.explain(without, summary.whitening, far)[0].share).toBe(0)

    const { whitening } = summary
    const still = { ...summary, whitening: { ...whitening, active: whitening.active.map((_, j) => j !== 2) } }
    expect(bnWasserstein.explain(await bnWasserstein.fit(still, multiply), whitening, far)[0].share).toBe(0)
  })

  it('is refused without statistics, with the mend', async () => {
    const summary = await reference(1)
    for (const trained of [undefined, []])
      await expect(bnDivergence.fit({ ...summary, trained }, multiply)).rejects.toThrow('--trained FILE')
    const constant = { ...summary, whitening: { ...summary.whitening, active: summary.whitening.active.map(() => false) } }
    await expect(bnDivergence.fit(constant, multiply)).rejects.toThrow('no channel with statistics of the training varies')
  })
})

describe('pictures together', () => {
  it('have the mean and variance of all their positions, mixed with 16 pictures of the training', () => {
    const position = fc.double({ min: -3, max: 3, noNaN: true })
    fc.assert(
      fc.property(fc.array(fc.array(position, { minLength: 4, maxLength: 4 }), { minLength: 1, maxLength: 40 }), (all) => {
        const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
        const n = all.length
        const means = all.map(mean)
        const squares = all.map((values) => mean(values.map((value) => value * value)))
        const { z, ratio } = pooled(n, mean(means), mean(squares))
        // The training's positions have the mean 0 and the variance 1.
        const positions = all.flat()
        const whole = (n * mean(positions)) / (16 + n)
        const second = (n * mean(positions.map((value) => value * value)) + 16) / (16 + n)
        expect(z).toBeCloseTo(whole, 9)
        expect(ratio).toBeCloseTo(Math.sqrt(second - whole * whole), 9)
      }),
    )
  })

  it('score alike however many there are, as windows by time hold', async () => {
    const summary = await reference(1)
    const score = windowScorer(bnWassersteinWindows, summary, await bnWassersteinWindows.fit(summary, multiply))
    const many = (copies: number) => Float64Array.from({ length: copies * 4 * d }, (_, at) => pictures[Math.floor(at / d) % 4][at % d])
    expect(score(many(50)) / score(many(5))).toBeGreaterThan(0.8)
    expect(score(many(50)) / score(many(5))).toBeLessThan(1.25)
  })

  it('are nearer than each of them by itself: what differs from picture to picture is no distance', async () => {
    const normal = normals(5)
    const one = taps[1]
    const { mean, variance } = one
    // Half of the variance lies between the pictures, as that of the training holds both.
    const measured = new TrainedDistance(one, d)
    for (let i = 0; i < 400; i++) {
      const row = new Float64Array(d)
      mean.forEach((value, c) => {
        row[one.means[c]] = value + Math.sqrt(variance[c] / 2) * normal()
        row[one.logSds[c]] = Math.log(Math.sqrt(variance[c] / 2) + FLOOR)
      })
      measured.add(row)
    }
    expect(measured.together('kl')).toBeLessThan(0.005)
    expect(Math.min(...measured.pictures.kl)).toBeGreaterThan(0.09)
  })
})

it('scores pictures of 130 channels alike, to the last bit, in whatever batch they come', async () => {
  const channels = 130
  const normal = normals(7)
  const rows = Float64Array.from({ length: 50 * 2 * channels }, () => normal())
  const index = Array.from({ length: channels }, (_, c) => c)
  const wide = tap(
    index,
    index.map((c) => channels + c),
    index.map(() => 0.3),
    index.map(() => 1.5),
  )
  const summary = { ...(await summaryOf(rows, 50, 2 * channels)), trained: [wide] }
  for (const detector of [bnWasserstein, bnDivergence]) {
    const fitted = await detector.fit(summary, multiply)
    const runner = await openGraph(
      scoringGraph(summary.whitening, [{ detector, fitted }], place(2 * channels, []), 'float64'),
      2 * channels,
    )
    const whole = (await runner.run(rows, 50)).scores[0].slice()
    expect(whole[9]).toBeCloseTo(detector.score(fitted, summary.whitening, rowOf(rows, 2 * channels, 9)), 4)
    for (const size of [1, 2, 3, 7, 16])
      for (let at = 0; at + size <= 50; at += size) {
        const { scores } = await runner.run(rows.subarray(at * 2 * channels, (at + size) * 2 * channels), size)
        expect(scores[0]).toEqual(whole.slice(at, at + size))
      }
    await runner.close()
  }
})

it('finds the channels of taps that have both statistics', () => {
  const features = ['f4.mean.0', 'f4.mean.1', 'f4.max.0', 'f4.logSd.0', 'f4.logSd.1', 'a.b.mean.7', 'discopatch.score']
  expect(pairedChannels(tapColumnsOf(features))).toEqual([
    { mean: 0, logSd: 3 },
    { mean: 1, logSd: 4 },
  ])
})
