import { expect, it } from 'vitest'
import { normalQuantile } from '../../calibration/normal.js'

// Python 3.11, statistics.NormalDist.
it.each([
  [0.5, 0],
  [0.9, 1.2815515655446008],
  [0.975, 1.9599639845400536],
  [0.999, 3.090232306167813],
  [0.01, -2.3263478740408408],
  [0.02425, -1.9729610513118845],
  [1e-6, -4.753424308822899],
])('knows the normal quantile at %d', (p, quantile) => {
  expect(normalQuantile(p)).toBeCloseTo(quantile, 7)
  expect(normalQuantile(1 - p)).toBeCloseTo(-quantile, 7)
})

it('has no bounds at 0 and 1', () => {
  expect([normalQuantile(0), normalQuantile(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
})
