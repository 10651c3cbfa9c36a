import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ReferenceSummary, WindowDetector, WindowSums } from '../../detectors/detector.js'
import { multiply } from '../../detectors/matmul.js'
import { detectorByName, detectors } from '../../detectors/registry.js'
import { rootTimes } from '../../detectors/root.js'
import type { Fitted } from '../../detectors/stored.js'
import type { Whitening } from '../../detectors/whitening.js'
import { correlatedRows, summaryOf } from './samples.js'

const d = 6
const m = 16

/** The record before the one that is scored. */
const before = correlatedRows(7, 1, d, 10)

const summary = () => summaryOf(correlatedRows(1, 200, d, 10), 200, d)

/** As a bundle keeps it: scalars through JSON, tensors as numbers. */
const stored = ({ scalars, tensors }: Fitted): Fitted => ({
  scalars: JSON.parse(JSON.stringify(scalars)),
  tensors: structuredClone(tensors),
})

describe('the registry', () => {
  it('finds a detector by name and lists the known ones otherwise', () => {
    expect(detectorByName('gaussian').kind).toBe('record')
    expect(() => detectorByName('gausian')).toThrow("detector 'gausian' is unknown, expected one of: gaussian, near3, ")
    expect(new Set(detectors.map(({ name }) => name)).size).toBe(detectors.length)
  })
})

describe.each(detectors.map((detector) => ({ name: detector.name, detector })))('the contract: $name', ({ detector }) => {
  const scoreAndExplain = ({ whitening }: ReferenceSummary, fitted: Fitted, input: Float64Array) =>
    detector.kind === 'record'
      ? { score: detector.score(fitted, whitening, input, before), shares: detector.explain(fitted, whitening, input, before) }
      : {
          score: detector.score(fitted, windowOf(detector, fitted, whitening, input)),
          shares: detector.explain(fitted, whitening, windowOf(detector, fitted, whitening, input)),
        }
  /** A window of m rows alike that sum to the given. */
  const windowOf = (detector: WindowDetector, fitted: Fitted, { root }: Whitening, z: Float64Array): WindowSums => ({
    m,
    z,
    own:
      detector
        .statistics?.(fitted)
        .of(
          z.map((value) => value / m),
          { standardised: rootTimes(root, z).map((sum) => sum / m) },
        )
        .map((value) => value * m) ?? new Float64Array(0),
  })
  /** A window's sum `shift` reference deviations away, or a record of which one feature is. */
  const input = (seed: number, shift: number) =>
    correlatedRows(seed, 1, d).map((value, j) =>
      detector.kind === 'record' ? 10 * (1 + j / d) + value + (j === 2 ? 10 * shift : 0) : value + 10 * shift,
    )

  it('has a metric-safe name and a title', () => {
    expect(detector.name).toMatch(/^[a-z][a-z0-9-]*$/)
    expect(detector.title.length).toBeGreaterThan(20)
  })

  it('fits to the same numbers each time, and scores the same after being stored', async () => {
    const [one, two] = [await summary(), await summary()]
    const fitted = await detector.fit(one, multiply)
    expect(await detector.fit(two, multiply)).toEqual(fitted)
    expect(scoreAndExplain(one, stored(fitted), input(2, 1))).toEqual(scoreAndExplain(one, fitted, input(2, 1)))
  })

  it('says whether it is fitted on the bank, which a reference then keeps', async () => {
    const reference = await summary()
    const halved = { m: 100, rows: reference.bank.rows.slice(0, 100 * d) }
    const same = isDeepStrictEqual(await detector.fit(reference, multiply), await detector.fit({ ...reference, bank: halved }, multiply))
    expect(same).toBe(detector.usesBank !== true)
  })

  it('names every feature once, with shares that sum to the score, and changes nothing that it is given', async () => {
    const reference = await summary()
    const fitted = await detector.fit(reference, multiply)
    const { moments, ...rest } = reference
    const plain = async () => ({ reference: { ...rest, moments: await moments() }, fitted })
    const before = structuredClone(await plain())
    fc.assert(
      fc.property(fc.integer(), fc.double({ noNaN: true, min: -1e3, max: 1e3 }), (seed, shift) => {
        const given = input(seed, shift)
        const copy = given.slice()
        const { score, shares } = scoreAndExplain(reference, fitted, given)
        expect(given).toEqual(copy)
        const named = detector.labels === 'live' ? reference.labels?.counts.length : d
        expect(shares.map(({ index }) => index)).toEqual(Array.from({ length: named ?? 0 }, (_, index) => index))
        const total = shares.reduce((sum, { share }) => sum + share, 0)
        // Shares of both signs may cancel: what is rounded is as large as they are.
        const summed = shares.reduce((sum, { share }) => sum + Math.abs(share), 0)
        expect(Math.abs(total - score)).toBeLessThanOrEqual(1e-9 * summed)
      }),
    )
    expect(await plain()).toEqual(before)
  })

  it('scores higher what is farther away', async () => {
    const reference = await summary()
    const fitted = await detector.fit(reference, multiply)
    const scores = [1, 2, 4].map((shift) => scoreAndExplain(reference, fitted, input(3, shift)).score)
    expect(scores).toEqual(scores.toSorted((a, b) => a - b))
  })
})
