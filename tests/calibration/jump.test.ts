import { describe, expect, it } from 'vitest'
import { jumpBetween, LEAST_AFTER, LEAST_BEFORE } from '../../calibration/jump.js'
import { farther } from '../../calibration/student-t.js'
import { normals } from '../detectors/samples.js'

describe("Student's t", () => {
  it.each([
    // scipy.stats: 2 * t.sf(t, df)
    [12.706204736432095, 1, 0.05],
    [2.2281388519649385, 10, 0.05],
    [2.6603, 59.5, 0.01003],
    [1, 3, 0.39100221895577053],
    [0, 5, 1],
  ])('is farther than %s with %s degrees of freedom with chance %s', (t, df, chance) => {
    expect(farther(t, df)).toBeCloseTo(chance, 4)
    expect(farther(-t, df)).toBe(farther(t, df))
  })
})

describe('the jump at a point', () => {
  const line = (from: number, count: number, slope: number, level: number) =>
    Array.from({ length: count }, (_, i) => level + slope * (from + i))

  it('is the distance of the two lines there, whatever their slopes', () => {
    // Half a step before the point and half a step after it.
    const before = line(-20 + 0.5, 20, 0.3, 1)
    const after = line(0.5, 10, -0.2, 3.5)
    expect(jumpBetween(before, after)).toEqual({ effect: expect.closeTo(2.5, 9), pValue: 0, found: true })
    expect(jumpBetween(before, line(0.5, 10, 0.3, 1))).toEqual({ effect: expect.closeTo(0, 9), pValue: 1, found: false })
  })

  it('has the numbers of generalised least squares with the same autocorrelation', () => {
    const normal = normals(7)
    const noise = Array.from({ length: 24 }, () => normal())
    const { effect = 0 } = jumpBetween(noise.slice(0, 16), noise.slice(16)) ?? {}
    const moved = jumpBetween(
      noise.slice(0, 16),
      noise.slice(16).map((y) => y + 5),
    )
    expect(moved?.effect).toBeCloseTo(effect + 5, 9)
    const tilted = noise.map((y, i) => 100 + 3 * i + y)
    expect(jumpBetween(tilted.slice(0, 16), tilted.slice(16))?.effect).toBeCloseTo(effect, 9)
  })

  it('is not at the point where it was shortly before or after it', () => {
    const normal = normals(9)
    for (const [at, elsewhere] of [
      [28, 'before'],
      [36, 'after'],
    ] as const) {
      const y = Array.from({ length: 64 }, (_, i) => 0.3 * normal() + (i < at ? 0 : 1))
      const jump = jumpBetween(y.slice(0, 32), y.slice(32))
      expect(jump?.found).toBe(false)
      expect([undefined, elsewhere]).toContain(jump?.elsewhere)
    }
  })

  it('is not told from a trend with too few values', () => {
    expect(jumpBetween(line(0, LEAST_BEFORE - 1, 1, 0), line(0, 20, 1, 0))).toBeUndefined()
    expect(jumpBetween(line(0, 20, 1, 0), line(0, LEAST_AFTER - 1, 1, 0))).toBeUndefined()
  })

  it('is found where there is one, and seldom where there is none, on a trend with autocorrelation', () => {
    const normal = normals(3)
    const found = (jump: number, phi: number) => {
      let count = 0
      for (let trial = 0; trial < 400; trial++) {
        let e = normal()
        const y = Array.from({ length: 48 }, (_, i) => {
          e = phi * e + Math.sqrt(1 - phi * phi) * normal()
          return e + 0.05 * i + (i < 32 ? 0 : jump)
        })
        if (jumpBetween(y.slice(0, 32), y.slice(32))?.found) count++
      }
      return count / 400
    }
    for (const phi of [0, 0.5, 0.8]) expect(found(0, phi)).toBeLessThan(0.03)
    expect(found(4, 0)).toBeGreaterThan(0.95)
    expect(found(4, 0.5)).toBeGreaterThan(0.8)
  })
})
