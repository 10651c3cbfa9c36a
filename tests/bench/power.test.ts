import { describe, expect, it } from 'vitest'
import { openMatMul } from '../../backbones/matmul.js'
import { powerOf } from '../../bench/power/experiment.js'
import { fixedMix, wanderingMix } from '../../bench/power/mixture.js'
import { FEATURES } from '../../bench/power/normal.js'
import { oneSituation } from '../../bench/power/situations.js'
import { normals } from '../../connectors/generator/random.js'
import { distances } from '../../detectors/distances.js'
import { hotelling } from '../../detectors/hotelling.js'

const drawOf = (key: string) => oneSituation.drifts.find((drift) => drift.key === key)?.draw ?? expect.unreachable()

/** Mean and variance of a feature, and its covariance with another. */
function moments(rows: Float64Array, a: number, b = a) {
  const m = rows.length / FEATURES
  const mean = (of: (i: number) => number) => Array.from({ length: m }, (_, i) => of(i)).reduce((sum, value) => sum + value, 0) / m
  const at = (i: number, j: number) => rows[i * FEATURES + j]
  const [meanA, meanB] = [mean((i) => at(i, a)), mean((i) => at(i, b))]
  return { mean: meanA, covariance: mean((i) => (at(i, a) - meanA) * (at(i, b) - meanB)) }
}

describe('the rows of the power table', () => {
  it('are features of mean 0 and variance 1 whose correlation falls by .6 with each step between them', () => {
    const rows = oneSituation.usual(normals(1), 20_000)
    expect(moments(rows, 3).mean).toBeCloseTo(0, 1)
    for (const [b, expected] of [
      [3, 1],
      [4, 0.6],
      [5, 0.36],
    ])
      expect(Math.abs(moments(rows, 3, b).covariance - expected)).toBeLessThan(0.03)
  })

  it.each(['tails', 'modes', 'correlations', 'weaker_correlations'])('leave means and variances as they are: %s', (key) => {
    const rows = drawOf(key)(normals(2), 20_000)
    expect(Math.abs(moments(rows, 0).mean)).toBeLessThan(0.05)
    // The principal components that are correlated share out their variance among the features.
    expect(Math.abs(moments(rows, 0).covariance - 1)).toBeLessThan(key === 'correlations' ? 0.2 : 0.05)
  })

  it('have names of their own', () => {
    const keys = [oneSituation, fixedMix, wanderingMix].flatMap(({ drifts }) => drifts.map(({ key }) => key))
    expect(new Set(keys).size).toBe(keys.length)
  })
})

describe('power', () => {
  it('is found for each detector where it has some', async () => {
    const matmul = await openMatMul()
    const drifts = oneSituation.drifts.filter(({ key }) => key === 'one_feature' || key === 'contraction')
    const powers = await powerOf({ ...oneSituation, drifts }, [hotelling, distances], { references: 1, nulls: 100, windows: 20 }, matmul)
    await matmul.close()
    const long = (key: string, detector: string) => powers.find(({ drift }) => drift.key === key)?.of.get(detector)?.[1] ?? Number.NaN
    expect(long('one_feature', 'hotelling')).toBeGreaterThan(0.9)
    expect(long('contraction', 'hotelling')).toBeLessThan(0.1)
    expect(long('contraction', 'distances')).toBeGreaterThan(0.9)
  })
})
