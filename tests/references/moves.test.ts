import { afterAll, expect, it } from 'vitest'
import { fitReference } from '../../references/fit.js'
import { movesBetween } from '../../references/moves.js'
import { asRows, fitOptions, openTools, synthetic } from './synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

const d = 3
const learn = (values: Float64Array, features: readonly string[]) =>
  fitReference(asRows(values, d), fitOptions(d, { features, detectors: ['gaussian'] }), tools)

it('features are compared by name, those that moved farthest first, in deviations before', async () => {
  const rows = synthetic({ n: 1000, d, seed: 1 })
  const before = await learn(
    rows.map((value, i) => (i % d === 0 ? 5 : value)),
    ['still', 'b', 'c'],
  )
  const [, sdB, sdC] = before.whitening.scale
  const after = await learn(
    rows.map((value, i) => (i % d === 2 ? value + 2 * sdB : i % d === 1 ? 200 + 3 * (value - 200) : value)),
    ['still', 'c', 'b'].map((name, j) => (j === 1 ? 'new' : name)),
  )
  const moves = movesBetween(before, after)
  expect(moves.map(({ feature }) => feature)).toEqual(['still', 'b'])
  expect(moves[0]).toMatchObject({ before: 5, shift: undefined, spread: undefined })
  expect(moves[1].shift).toBeCloseTo((after.whitening.mean[2] - before.whitening.mean[1]) / sdB, 12)
  expect(moves[1].spread).toBeCloseTo(sdC / sdB, 12)
})
