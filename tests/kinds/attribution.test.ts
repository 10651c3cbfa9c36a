import { beforeAll, describe, expect, it } from 'vitest'
import { gaussian } from '../../detectors/gaussian.js'
import type { Whitening } from '../../detectors/whitening.js'
import { attribution } from '../../kinds/attribution.js'
import { featureMap, plainMap } from '../../kinds/feature-map.js'
import { unshrunk } from '../detectors/samples.js'
import { normals } from '../references/synthetic.js'

const map = featureMap({
  features: ['amount', 'hour', 'cpu', 'disk', 'idle'],
  optional: [],
  circular: { hour: 24 },
  compositional: { work: { parts: ['cpu', 'disk', 'idle'], total: 100, tolerance: 0.01, floor: 0.001 } },
})
const d = map.columns.length
const n = 4000
const columnsOf = (row: readonly number[]): Float64Array => {
  const columns = new Float64Array(d)
  expect(map.encode?.(Float64Array.from(row), columns, 0)).toBeUndefined()
  return columns
}
let whitening: Whitening
beforeAll(async () => {
  const normal = normals(3)
  const rows = new Float64Array(n * d)
  for (let i = 0; i < n; i++) {
    const powers = [50, 30, 20].map((share) => share * Math.exp(0.2 * normal()))
    const sum = powers.reduce((total, power) => total + power, 0)
    rows.set(columnsOf([10 + normal(), 23 + 2 * normal(), ...powers.map((power) => (100 * power) / sum)]), i * d)
  }
  whitening = await unshrunk(rows, n, d)
})

const explained = (row: readonly number[]) => {
  const columns = columnsOf(row)
  const shares = gaussian.explain({ scalars: {}, tensors: {} }, whitening, columns)
  const found = attribution(map, whitening)(shares, { value: ({ index }) => columns[index], mean: (column) => whitening.mean[column] })
  return { found, score: gaussian.score({ scalars: {}, tensors: {} }, whitening, columns) }
}

describe('an attribution', () => {
  it('speaks of features by their names and in their units', () => {
    const { found } = explained([12, 1, 40, 35, 25])
    expect(found.map(({ feature }) => feature)).toEqual(['amount', 'hour', 'cpu', 'disk', 'idle'])
    for (const [i, value] of [12, 1, 40, 35, 25].entries()) expect(found[i].value).toBeCloseTo(value, 9)
    const [amount, hour, cpu] = found
    expect(amount.sigma).toBeCloseTo((12 - amount.mean) / amount.sd, 9)
    // Two hours after 23, of a spread of two.
    expect([hour.mean, hour.sd, hour.sigma].map(Math.round)).toEqual([23, 2, 1])
    expect(Math.round(cpu.mean)).toBe(50)
  })

  it('names the part that moved, in shares that sum to the score', () => {
    // Only disk: twice as much against both others.
    const { found, score } = explained([10, 23, (100 * 50) / 130, (100 * 60) / 130, (100 * 20) / 130])
    expect(found.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(score, 9)
    const [first, second] = found.toSorted((a, b) => b.share - a.share)
    expect(first.feature).toBe('disk')
    expect(first.sigma).toBeGreaterThan(2)
    expect(first.share).toBeGreaterThan(2 * second.share)
  })

  it('leaves out what no share is of, and takes columns as they are without kinds', () => {
    const place = { value: () => 1, mean: () => 0 }
    const share = { index: 2, share: 5, sigma: 1 }
    expect(attribution(map, whitening)([share], place).map((one) => [one.feature, one.share])).toEqual([['hour', 5]])
    const plain = attribution(plainMap(map.columns), whitening)([share], place)
    expect(plain).toEqual([{ feature: 'hour (sin)', share: 5, sigma: 1, value: 1, mean: 0, sd: whitening.scale[2], constant: false }])
  })

  it('keeps the p of a column that is a feature, and gives none to features of several columns', () => {
    const shares = map.columns.map((_, index) => ({ index, share: 1, sigma: 1, pValue: 0.25 }))
    const found = attribution(map, whitening)(shares, { value: () => 1, mean: () => 0 })
    expect(found.map(({ pValue }) => pValue)).toEqual([0.25, undefined, undefined, undefined, undefined])
  })
})
