import { beforeAll, describe, expect, it } from 'vitest'
import { corruption, corruptionMeans } from '../../detectors/corruption.js'
import type { ReferenceSummary } from '../../detectors/detector.js'
import { multiply } from '../../detectors/matmul.js'
import type { Fitted } from '../../detectors/stored.js'
import { whiten } from '../../detectors/whitening.js'
import { correlatedRows, relativeError, rowOf, summaryOf } from './samples.js'

const [n, d] = [400, 30]
/** What the detectors look at: more columns than they keep directions, one of them dead. */
const columns = Array.from({ length: 26 }, (_, i) => 2 + i)
const DEAD = 5
const shifts = correlatedRows(99, 60, columns.length)

const alive = (rows: Float64Array) => rows.map((value, at) => (at % d === DEAD ? 7 : value))
const looked = correlatedRows(2, 5, d, 10).map((value, at) => {
  if (at === 3 * d + 10) return value + 20
  return at < 4 * d ? value : value + (at % 2 === 0 ? 2 : -2)
})
const rows = alive(looked)
const window = alive(correlatedRows(3, 16, d, 10.5))

let summary: ReferenceSummary
let fitted: Fitted
beforeAll(async () => {
  summary = { ...(await summaryOf(alive(correlatedRows(1, n, d, 10)), n, d)), degraded: { columns, shifts } }
  fitted = await corruption.fit(summary, multiply)
})

const windowSums = () => {
  const z = new Float64Array(d)
  for (let i = 0; i < 16; i++)
    whiten(summary.whitening, rowOf(window, d, i)).forEach((value, j) => {
      z[j] += value
    })
  return { m: 16, z, own: new Float64Array(0) }
}

/** Expected numbers: NumPy from the raw rows, with a symmetric whitening (V diag(1 / sqrt(lambda)) V^T) in place of Cholesky's. */
describe('corruption', () => {
  it('gives the distances of an independent implementation (NumPy)', () => {
    const scores = [0, 1, 2, 3, 4].map((i) => corruption.score(fitted, summary.whitening, rowOf(rows, d, i)))
    const expected = [33.57990413684982, 17.627267531513848, 19.122602559738752, 218.4344469908637, 178.85747285751793]
    expect(relativeError(scores, expected)).toBeLessThan(1e-9)
  })

  it('gives each feature its part of the distance, and none to columns that it does not look at', () => {
    const shares = corruption.explain(fitted, summary.whitening, rowOf(rows, d, 3)).map(({ share }) => share)
    const expected = [0.04261125772159731, -0.2567961431408028, 7.624856612690728, -2.097718761986669, -1.5483979509123]
    expect(
      relativeError(
        [2, 7, 11, 15, 19].map((j) => shares[j]),
        expected,
      ),
    ).toBeLessThan(1e-9)
    for (const j of [0, 1, DEAD, 28, 29]) expect(shares[j]).toBe(0)
  })

  it('needs pictures, and a tap whose features vary', async () => {
    const { degraded: _, ...vectors } = summary
    await expect(corruption.fit(vectors, multiply)).rejects.toThrow(/needs pictures .*; leave it out for vectors/)
    const dead = { columns: [DEAD, 6], shifts: new Float64Array(2) }
    await expect(corruption.fit({ ...summary, degraded: dead }, multiply)).rejects.toThrow(/at least 2 features that vary .* got 1/)
  })
})

describe('corruption-means', () => {
  it('gives the distance of a window of 16 of an independent implementation (NumPy)', async () => {
    const own = await corruptionMeans.fit(summary, multiply)
    expect(relativeError([corruptionMeans.score(own, windowSums())], [98.21527578504632])).toBeLessThan(1e-9)
  })
})
