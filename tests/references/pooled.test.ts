import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { multiply } from '../../detectors/matmul.js'
import type { Shrinkage } from '../../detectors/shrinkage.js'
import { columnStats, standardisationOf, standardise } from '../../detectors/standardisation.js'
import { fitWhitening, type Whitening } from '../../detectors/whitening.js'
import { pooledMoments, pooledStandardisation, pooledWhitening } from '../../references/pooled.js'
import { momentsOf } from '../detectors/plain-moments.js'
import { correlatedRows } from '../detectors/samples.js'

const whitened = async (rows: Float64Array, d: number, shrinkage: Shrinkage): Promise<Whitening> => {
  const n = rows.length / d
  const standardisation = standardisationOf(columnStats(rows, n, d))
  return fitWhitening(await momentsOf(standardise(rows, n, standardisation), n, d), standardisation, { shrinkage }, multiply)
}

async function pool(parts: readonly Whitening[]): Promise<Whitening> {
  const standardisation = pooledStandardisation(parts)
  return pooledWhitening(parts, await pooledMoments(parts, standardisation, multiply), standardisation, multiply)
}

/** The largest difference, relative to the largest number of the matrix or vector. */
const apart = (a: Float64Array, b: Float64Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) /
  a.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-300)

function expectSame(a: Whitening, b: Whitening): void {
  expect(a.n).toBe(b.n)
  expect(a.active).toEqual(b.active)
  for (const field of ['mean', 'scale'] as const) expect(apart(a[field], b[field]), field).toBeLessThan(1e-9)
  for (const field of ['lower', 'inverse'] as const) expect(apart(a.root[field], b.root[field]), field).toBeLessThan(1e-9)
  for (const field of ['shrinkage', 'logDet'] as const) expect(Math.abs(a[field] - b[field])).toBeLessThan(1e-9)
}

/** Rows of one site: correlated, at a level and with a spread of their own. */
const site = fc.record({
  seed: fc.integer(),
  n: fc.integer({ min: 8, max: 60 }),
  offset: fc.double({ min: -1e3, max: 1e3, noNaN: true }),
  scale: fc.double({ min: 0.01, max: 100, noNaN: true }),
})
const sites = fc.record({
  d: fc.integer({ min: 1, max: 6 }),
  /** Features that never vary. */
  constant: fc.integer({ min: 0, max: 2 }),
  sites: fc.array(site, { minLength: 2, maxLength: 4 }),
})
const rowsOf = ({ seed, n, offset, scale }: typeof site extends fc.Arbitrary<infer S> ? S : never, d: number, constant: number) =>
  correlatedRows(seed, n, d + constant, offset, scale).map((value, at) => (at % (d + constant) < d ? value : 7))

/** OAS may shrink few rows to nothing: such parts are refused. */
const keepsCovariance = ({ shrinkage, active }: Whitening) => shrinkage < 0.999 || active.filter(Boolean).length === 1

describe.each(['light', 'oas'] as const)('a whitening pooled from parts with %s shrinkage', (shrinkage) => {
  it('is that of all rows to 1e-9, whatever level and spread each part has', async () => {
    await fc.assert(
      fc.asyncProperty(sites, async ({ d, constant, sites }) => {
        const parts = sites.map((one) => rowsOf(one, d, constant))
        const all = Float64Array.from(parts.flatMap((rows) => [...rows]))
        const fitted = await Promise.all(parts.map((rows) => whitened(rows, d + constant, shrinkage)))
        fc.pre(fitted.every(keepsCovariance))
        expectSame(await pool(fitted), await whitened(all, d + constant, shrinkage))
      }),
    )
  })

  it('is the same in whatever order and grouping', async () => {
    await fc.assert(
      fc.asyncProperty(sites, async ({ d, constant, sites }) => {
        const [first, ...others] = await Promise.all(sites.map((one) => whitened(rowsOf(one, d, constant), d + constant, shrinkage)))
        fc.pre([first, ...others].every(keepsCovariance))
        const together = await pool([first, ...others])
        expectSame(await pool([...others.toReversed(), first]), together)
        expectSame(others.length === 1 ? together : await pool([first, await pool(others)]), together)
      }),
    )
  })
})

it('a whitening pooled from parts with ledoit-wolf shrinkage shrinks by the mean of their amounts, weighted with their rows', async () => {
  const parts = await Promise.all([1, 2].map((seed) => whitened(correlatedRows(seed, 40 * seed, 5), 5, 'ledoit-wolf')))
  const pooled = await pool(parts)
  expect(pooled.shrinkage).toBeCloseTo((40 * parts[0].shrinkage + 80 * parts[1].shrinkage) / 120, 12)
  const all = Float64Array.from([1, 2].flatMap((seed) => [...correlatedRows(seed, 40 * seed, 5)]))
  const whole = await whitened(all, 5, 'ledoit-wolf')
  expect(apart(pooled.mean, whole.mean)).toBeLessThan(1e-9)
  expect(apart(pooled.scale, whole.scale)).toBeLessThan(1e-9)
  expect(pooled.shrinkage).toBeGreaterThan(whole.shrinkage)
})
