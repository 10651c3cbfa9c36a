import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { angleOf, circularDeviation, valueAlong, wayTo } from '../../kinds/circle.js'

const point = (value: number, period: number) => [Math.cos(angleOf(value, period)), Math.sin(angleOf(value, period))] as const

describe('values on a circle', () => {
  it('lie close together on either side of the turn', () => {
    const [late, early] = [point(23.9, 24), point(0.1, 24)]
    expect(Math.hypot(late[0] - early[0], late[1] - early[1])).toBeCloseTo(2 * Math.sin((Math.PI * 0.2) / 24), 12)
    expect(wayTo(23.9, 0.1, 24)).toBeCloseTo(0.2, 12)
    expect(wayTo(0.1, 23.9, 24)).toBeCloseTo(-0.2, 12)
  })

  it('come back in their unit, without whole turns', () => {
    const values = fc.double({ min: -1e4, max: 1e4, noNaN: true })
    fc.assert(
      fc.property(values, fc.constantFrom(1, 24, 360), (value, period) => {
        expect(Math.abs(wayTo(valueAlong(...point(value, period), period), value, period))).toBeLessThan(1e-9 * period)
      }),
    )
  })

  it('spread by sigma where they are wrapped normal: the mean point then has length exp(-sigma² / 2)', () => {
    const sigma = 3
    const radians = (2 * Math.PI * sigma) / 24
    expect(circularDeviation(Math.exp(-(radians ** 2) / 2), 0, 24)).toBeCloseTo(sigma, 12)
  })
})
