import { describe, expect, it } from 'vitest'
import { confusion, delayFrom, onsetOf, pooled, skabScore } from '../../bench/skab/metrics.js'

const rows = (text: string) => Uint8Array.from(text, Number)

describe("SKAB's outlier metrics", () => {
  it('agree with the benchmark', () => {
    const { f1, far, mar } = skabScore({ tp: 60, fp: 15, fn: 40, tn: 285 })
    expect(f1).toBeCloseTo(0.6857142857142857, 12)
    expect(far).toBeCloseTo(5, 12)
    expect(mar).toBeCloseTo(40, 12)
  })

  it('count each row by its label and its flag', () => {
    expect(confusion(rows('0011100'), rows('0001110'))).toEqual({ tp: 2, fp: 1, fn: 1, tn: 3 })
  })

  it('pool the rows of all files, not the scores', () => {
    const parts = [confusion(rows('11'), rows('10')), confusion(rows('0000'), rows('0011'))]
    expect(pooled(parts)).toEqual({ tp: 1, fp: 1, fn: 2, tn: 2 })
  })
})

describe('the delay', () => {
  it('begins with the first fault that begins within the rows', () => {
    expect(onsetOf(rows('0011'), 0)).toBe(2)
    expect(onsetOf(rows('1100'), 0)).toBe(0)
    expect(onsetOf(rows('1100'), 1)).toBeUndefined()
    expect(onsetOf(rows('1101'), 1)).toBe(3)
  })

  it('ends with the first flagged row of that fault', () => {
    expect(delayFrom(2, rows('100011'), rows('001111'))).toBe(2)
    expect(delayFrom(2, rows('011100'), rows('001111'))).toBe(0)
    expect(delayFrom(2, rows('110000'), rows('001111'))).toBe(Number.POSITIVE_INFINITY)
  })

  it('is infinite when the flag comes after the fault', () => {
    expect(delayFrom(1, rows('000111'), rows('011000'))).toBe(Number.POSITIVE_INFINITY)
  })
})
