import { afterAll, describe, expect, it } from 'vitest'
import { conformalP } from '../../calibration/p-value.js'
import { emptyMoments } from '../../detectors/moments.js'
import { detectorByName } from '../../detectors/registry.js'
import { fitReference } from '../../references/fit.js'
import { openModel } from '../../references/scoring-model.js'
import { asRows, fitOptions, openTools, synthetic } from './synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

/** Windows that do not overlap, so that their scores are independent. */
const logic = { window: { size: 8, hop: 8 }, record: { k: 1, n: 1, gap: 1 }, drift: { k: 1, n: 1, gap: 1 } }

/** Chance that a right p-value fails. */
const ERROR = 1e-6
/** Smirnov's limit for the largest distance between the distribution functions of two samples of one distribution. */
const limit = (n: number, m: number): number => Math.sqrt((-Math.log(ERROR / 2) / 2) * (1 / n + 1 / m))

/** Largest distance between the distribution function of p-values and the uniform one. */
function distance(p: Float64Array): number {
  const rising = p.toSorted()
  return Math.max(...rising.map((value, i) => Math.max(value - i / p.length, (i + 1) / p.length - value)))
}

/** p-values of fresh rows of the reference's distribution, by detector, with the number of scores that they are ranks among. */
async function freshP(n: number, d: number, detectors: readonly string[]) {
  const { calibration, whitening, bank } = await fitReference(
    asRows(synthetic({ n, d, seed: 1 }), d),
    fitOptions(d, { detectors, logic }),
    tools,
  )
  const summary = { moments: async () => emptyMoments(d), whitening, bank: bank ?? { m: 0, rows: new Float64Array(0) } }
  const model = await openModel(summary, detectors.map(detectorByName), 'float64', tools)
  const fresh = asRows(synthetic({ n: 4000, d, seed: 2 }), d)
  const { scores } = await model.score(fresh, { from: 0, to: fresh.n, streamFrom: 0, streamTo: fresh.n }, logic.window)
  await model.close()
  return detectors.map((name) => {
    const held = calibration.evaluations[name]
    return { name, held, p: (scores.get(name) ?? new Float64Array(0)).map(conformalP(calibration.quantiles[name], held)) }
  })
}

describe('p-values of fresh i.i.d. data', () => {
  // Scores of the rows by the fit to themselves, not held out, would be .18 (gaussian) and 1 (near3) away, more than the limit of .14.
  it.each([
    ['records, few for their features', 400, 40, ['gaussian', 'near3']],
    ['windows', 4000, 4, ['hotelling', 'covariance']],
  ])('of %s are uniform', async (_, n, d, detectors) => {
    for (const { name, held, p } of await freshP(n, d, detectors)) {
      expect(p.length, name).toBeGreaterThan(400)
      expect(distance(p), name).toBeLessThan(limit(held, p.length))
    }
  })
})
