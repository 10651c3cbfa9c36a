import { afterAll, expect, it } from 'vitest'
import { fitReference } from '../../references/fit.js'
import type { FitOptions } from '../../references/fit-options.js'
import { fromFiles, toFiles } from '../../references/manifest.js'
import { mergeReferences } from '../../references/merge.js'
import type { PictureBackbone } from '../../references/picture-backbone.js'
import { normals } from '../detectors/samples.js'
import { asRows, fitOptions, openTools } from './synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

const d = 4
const features = ['f4.mean.0', 'f4.mean.1', 'f4.logSd.0', 'f4.logSd.1']
const backbone: PictureBackbone = {
  name: 'tiny',
  version: '0'.repeat(64),
  golden: [],
  trained: [
    {
      means: Float64Array.of(0, 1),
      logSds: Float64Array.of(2, 3),
      mean: Float64Array.of(0.5, -1),
      variance: Float64Array.of(1.5, 2),
    },
  ],
}
const detectors = ['bn-wasserstein', 'bn-divergence', 'bn-divergence-windows', 'quadratic-mean']

/** Channels around 0 with a deviation of about 1; `ramp`: by how much they move meanwhile. */
const rowsOf = (seed: number, n: number, ramp = 0) => {
  const normal = normals(seed)
  return Float64Array.from({ length: n * d }, (_, at) => (at % d < 2 ? 0.5 : 0.2) * normal() + (ramp * Math.floor(at / d)) / n)
}
const learn = (rows: Float64Array, changes: Partial<FitOptions> = {}) =>
  fitReference(asRows(rows, d), fitOptions(d, { features, backbone, detectors, shrinkage: 'light', ...changes }), tools)

it('a reference keeps the statistics of the training, stored and merged, and its detectors score as before', async () => {
  const [a, b] = [await learn(rowsOf(1, 800)), await learn(rowsOf(2, 800))]
  const read = fromFiles(toFiles(a))
  expect(read.backbone?.trained).toEqual(backbone.trained)
  expect(read.detectors).toEqual(a.detectors)
  const parts = [a, b].map((reference, i) => ({ name: 'ab'[i], reference }))
  const { reference: merged } = await mergeReferences(parts, undefined, tools)
  expect(merged.backbone?.trained).toEqual(backbone.trained)
  // One channel is two columns: its energy is one number.
  expect(merged.detectors['quadratic-mean'].tensors.first.shape).toEqual([2])
  const { weight, slope } = merged.detectors['bn-wasserstein'].tensors
  expect([...weight.data]).toEqual([0.5, 0.5])
  expect(slope.data[0]).toBeCloseTo(merged.whitening.scale[0] / Math.sqrt(1.5), 12)
})

it('rows less their slow mean say no longer how far they are from the training, and the fit says so', async () => {
  await expect(learn(rowsOf(1, 12_000, 6))).rejects.toThrow('a slow mean')
})

it('without a backbone there is no training', async () => {
  await expect(learn(rowsOf(1, 800), { backbone: undefined })).rejects.toThrow('holds no statistics of its training')
})
