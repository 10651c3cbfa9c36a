import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lasting, multiple, percent, rarity, short, sigmas } from '../../alerts/words.js'

describe('rarity in words', () => {
  it.each([
    [5000, 'more often than once a minute'],
    [240, 'about 10 times an hour'],
    [24, 'about once an hour'],
    [12, 'about once in 2 hours'],
    [1.3, 'about once in 18 hours'],
    [1, 'about once a day'],
    [0.5, 'about once in 2 days'],
    [1 / 7, 'about once a week'],
    [0.048, 'about once in 3 weeks'],
    [1 / 90, 'about once in 3 months'],
    [1 / 3650, 'about once in 10 years'],
  ])('%f per day is %s', (perDay, words) => {
    expect(rarity(perDay, 1e-6)).toBe(words)
  })

  it('never claims more than the reference can tell', () => {
    expect(rarity(1e-9, 3 / 38)).toBe('rarer than once in 12 days (the reference cannot tell how much)')
    expect(rarity(1e-9, 1 / 1.9)).toBe('rarer than once in 45 hours (the reference cannot tell how much)')
    expect(rarity(1e-9, 48)).toBe('rarer than once in 30 min (the reference cannot tell how much)')
    expect(rarity(3 / 38, 3 / 38)).toBe('about once in 2 weeks')
  })

  it('is words for every rate, and never "once in 1" or "1 times"', () => {
    fc.assert(
      fc.property(fc.double({ min: -4, max: 9, noNaN: true }), (decades) => {
        expect(rarity(10 ** -decades, 1e-12)).toMatch(/^(about|more)/)
        expect(rarity(10 ** -decades, 1e-12)).not.toMatch(/\b1 (times|hours|days|weeks|months|years)|NaN|Infinity/)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('numbers in words', () => {
  it('never round a multiple above 1 to 1', () => {
    expect([3.34, 1.13, 1.05, 1.03, 1.0034, 1, 0.4].map(multiple)).toEqual(['3.3', '1.1', '1.05', '1.03', '1.003', '1', '0.4'])
  })

  it('have two significant digits, whole from 100 on', () => {
    expect([0, 0.0123, 1.06, 2.349, 41.8, 99.9, 1234.5, 3.2e7].map(short)).toEqual([
      '0',
      '0.012',
      '1.1',
      '2.3',
      '42',
      '100',
      '1,235',
      '3.2e+7',
    ])
  })
  it('carry their sign as deviations', () => {
    expect([4.12, -0.61, 0].map(sigmas)).toEqual(['+4.1σ', '−0.61σ', '+0σ'])
  })
  it('say times and shares in the unit that fits', () => {
    expect([0, 45_000, 840_000, 10_800_000, 172_800_000].map(lasting)).toEqual(['0 s', '45 s', '14 min', '3 h', '2 days'])
    expect([0, 0.005, 0.41, 1].map(percent)).toEqual(['0 %', '0.5 %', '41 %', '100 %'])
  })
})
