import { describe, expect, it } from 'vitest'
import { median, metric, quantile } from '../../bench/figures.js'

describe('figures', () => {
  it('have a median that one infinite value does not break', () => {
    expect(median([5, Number.POSITIVE_INFINITY, 1])).toBe(5)
    expect(median([4, 1, 3, 2])).toBe(2)
    expect(median([])).toBeNaN()
  })

  it('have quantiles that are values of theirs', () => {
    const values = Array.from({ length: 1000 }, (_, i) => 1000 - i)
    expect([0, 0.5, 0.99, 0.999, 1].map((q) => quantile(values, q))).toEqual([1, 500, 990, 999, 1000])
  })

  it('are printed with four significant digits', () => {
    expect(metric('kafka_f32_64_ratio', 0.912345)).toBe('metric kafka_f32_64_ratio 0.9123')
    expect(metric('chaos_lost', 0)).toBe('metric chaos_lost 0')
    expect(metric('records_per_s', 705_123)).toBe('metric records_per_s 705100')
  })
})
