import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { merge } from '../../detectors/moments.js'
import { ledoitWolf, oas } from '../../detectors/shrinkage.js'
import { momentsOf } from './plain-moments.js'
import { correlatedRows, relativeError } from './samples.js'

const rows = Float64Array.of(1, 2, 0.5, 2, 1, 1.5, 3, 5, -1, 4, 3, 0, 5, 8, 2, 6, 6, -0.5)

/** Covariances and shrinkages of scikit-learn 1.9.1 on these rows. */
const sklearn = [
  {
    name: 'Ledoit-Wolf',
    estimate: ledoitWolf,
    shrinkage: 0.3535301910853309,
    covariance: [
      [3.0451487037046228, 2.1010268789726747, -0.1346812101905561],
      [2.1010268789726747, 4.912728151680334, 0.008978747346037128],
      [-0.1346812101905561, 0.008978747346037128, 1.8824009223928222],
    ],
  },
  {
    name: 'OAS',
    estimate: oas,
    shrinkage: 0.7121758861186153,
    covariance: [
      [3.1754898475014413, 0.9354283701145004, -0.05996335705862184],
      [0.9354283701145004, 4.006981732047665, 0.00399755713724148],
      [-0.05996335705862184, 0.00399755713724148, 2.6578061982286734],
    ],
  },
]

describe.each(sklearn)('$name', ({ estimate, shrinkage, covariance }) => {
  it('reproduces scikit-learn', async () => {
    const found = estimate(await momentsOf(rows, 6, 3))
    expect(relativeError([found.shrinkage], [shrinkage])).toBeLessThan(1e-9)
    expect(relativeError(found.covariance, covariance.flat())).toBeLessThan(1e-9)
  })

  it('is the same from merged parts', async () => {
    const parts = [rows.slice(0, 12), rows.slice(12)]
    const [a, b] = await Promise.all(parts.map((part) => momentsOf(part, part.length / 3, 3)))
    expect(estimate(merge(a, b)).shrinkage).toBeCloseTo(shrinkage, 12)
  })

  it('shrinks by 0 to 1 and leaves a single feature its variance', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer({ min: 2, max: 30 }), fc.integer({ min: 1, max: 12 }), async (seed, n, d) => {
        const moments = await momentsOf(correlatedRows(seed, n, d), n, d)
        const found = estimate(moments)
        expect(found.shrinkage).toBeGreaterThanOrEqual(0)
        expect(found.shrinkage).toBeLessThanOrEqual(1)
        if (d === 1) expect(found.covariance[0] / (moments.scatter[0] / n)).toBeCloseTo(1, 12)
      }),
    )
  })
})

describe('Ledoit-Wolf', () => {
  it('does not shrink a single feature', async () => {
    for (let seed = 0; seed < 50; seed++) expect(ledoitWolf(await momentsOf(correlatedRows(seed, 9, 1), 9, 1)).shrinkage).toBe(0)
  })

  it('equals its definition: the spread of the single rows around the covariance over the distance of that to the target', async () => {
    const [n, d] = [25, 4]
    const sample = correlatedRows(7, n, d, 3)
    const moments = await momentsOf(sample, n, d)
    const centred = sample.map((value, i) => value - moments.mean[i % d])
    const entry = (i: number, j: number, covariance: (row: number) => number) => {
      let sum = 0
      for (let k = 0; k < n; k++) sum += covariance(k * d)
      return { i, j, value: sum / n }
    }
    let mu = 0
    const covariance: { i: number; j: number; value: number }[] = []
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) covariance.push(entry(i, j, (row) => centred[row + i] * centred[row + j]))
      mu += covariance[i * d + i].value / d
    }
    let noise = 0
    let distance = 0
    for (const { i, j, value } of covariance) {
      distance += (value - (i === j ? mu : 0)) ** 2
      for (let k = 0; k < n; k++) noise += (centred[k * d + i] * centred[k * d + j] - value) ** 2 / n ** 2
    }
    expect(ledoitWolf(moments).shrinkage).toBeCloseTo(Math.min(1, noise / distance), 12)
  })
})
