import { describe, expect, test } from 'vitest'
import { boundsFor, type HalvesEvidence, halvesTest } from '../../calibration/self-test.js'
import { normal } from './series.js'

const squares = (seed: number, n: number, scale = 1) => {
  const draw = normal(seed)
  return Float64Array.from({ length: n }, () => scale * (draw() ** 2 + draw() ** 2))
}

const stable: HalvesEvidence = {
  shift: Float64Array.of(0.1, -0.2, 0.05),
  records: [
    { heldOut: squares(1, 5000), other: squares(2, 5000) },
    { heldOut: squares(2, 5000), other: squares(1, 5000) },
  ],
  windows: [
    { heldOut: squares(3, 3000), other: squares(4, 3000) },
    { heldOut: squares(4, 3000), other: squares(3, 3000) },
  ],
}

describe('halves of a reference', () => {
  test('that agree pass', () => {
    const verdict = halvesTest(stable)
    expect(verdict).toMatchObject({ s1: 0.2, coordinate: 1, passed: true })
    expect(Math.abs(verdict.s2 - 1)).toBeLessThan(0.3)
    expect(Math.abs(verdict.s3 - 1)).toBeLessThan(0.3)
  })

  test('a shifted mean fails s1', () => {
    expect(halvesTest({ ...stable, shift: Float64Array.of(0.1, 0.3) })).toMatchObject({ s1: 0.3, coordinate: 1, passed: false })
  })

  test('that are few rows of many features agree too, where they are alike', () => {
    const [n, d] = [300, 1500]
    const draw = normal(11)
    const alike = (seed: number) => ({ heldOut: squares(seed, n / 2), other: squares(seed + 1, n / 2) })
    const refused = Array.from({ length: 100 }, (_, i) =>
      halvesTest({
        shift: Float64Array.from({ length: d }, () => draw() * Math.sqrt(4 / n)),
        records: [alike(20 + 4 * i), alike(22 + 4 * i)],
        windows: stable.windows,
      }),
    ).filter(({ passed }) => !passed)
    expect(refused.length).toBeLessThanOrEqual(10)
    expect(boundsFor(10_000, 20)).toEqual({ s1: 0.3, s2: [0.5, 1.6], s3: 2 })
  })

  test('of few windows may differ in their tails as chance lets them', () => {
    const few = { heldOut: squares(7, 110), other: squares(8, 110, 2) }
    const windows = [few, few] as const
    const records = [0, 2].map((i) => ({ heldOut: squares(20 + i, 112), other: squares(21 + i, 112) }))
    const { s3, passed } = halvesTest({ ...stable, records: [records[0], records[1]], windows })
    expect(s3).toBeGreaterThan(2)
    expect(s3).toBeLessThan(boundsFor(224, 3).s3)
    expect(passed).toBe(true)
    expect(halvesTest({ ...stable, windows }).passed).toBe(false)
  })

  test('rows that come in groups are allowed what so few groups would differ by', () => {
    const shift = Float64Array.of(0.1, 0.4)
    expect(halvesTest({ ...stable, shift }).passed).toBe(false)
    expect(halvesTest({ ...stable, shift, effective: 100 }).passed).toBe(true)
  })

  test('a wider half fails s2, whichever it is', () => {
    const records = [stable.records[0], { heldOut: squares(5, 5000), other: squares(6, 5000, 2) }] as const
    // P(chi2_2 > 5.99 / 2) = exp(-1.498) = .224, over .05.
    const verdict = halvesTest({ ...stable, records })
    expect(Math.abs(verdict.s2 - 4.47)).toBeLessThan(0.4)
    expect(verdict.passed).toBe(false)
  })

  test('so does a half that is quieter than its own held-out scores in both directions', () => {
    const quiet = { heldOut: squares(5, 5000), other: squares(6, 5000, 0.5) }
    expect(halvesTest({ ...stable, records: [quiet, quiet] }).passed).toBe(false)
  })

  test('wandering windows fail s3; without any window it has nothing to say', () => {
    const wild = { heldOut: squares(7, 300), other: squares(8, 300, 3) }
    expect(halvesTest({ ...stable, windows: [stable.windows[0], wild] })).toMatchObject({ passed: false })
    const none = { heldOut: new Float64Array(), other: new Float64Array() }
    expect(halvesTest({ ...stable, windows: [none, none] })).toMatchObject({ s3: 0, passed: true })
  })
})
