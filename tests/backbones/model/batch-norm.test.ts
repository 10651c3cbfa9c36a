import { describe, expect, it } from 'vitest'
import { trainedOf } from '../../../backbones/model/batch-norm.js'
import { readPrepared } from '../../../backbones/model/description.js'
import { inspect } from '../../../backbones/model/inspect.js'
import { parseModel } from '../../../backbones/model/model-file.js'
import { type PrepareOptions, prepare } from '../../../backbones/model/prepare.js'
import { trainedTaps } from '../../../backbones/model/trained-taps.js'
import { TrainedDistance } from '../../../detectors/trained-distance.js'
import { bytesOf, convNet, EARLY, type Net, node, tensor, whole } from './nets.js'
import { numbersOf, pictures, run, runRaw } from './reference.js'

const SIZE = [16, 24] as const
const [gamma, beta, mean, variance] = [
  [1.5, -2, 0.5, 1, 1, 3, 0.25],
  [0.5, -1, 0, 2, 3, -3, 0.125],
  [0.25, 1, -1, 2, 0.5, -0.5, 4],
  [4, 1, 0.25, 9, 1, 2, 0],
]
const EPSILON = 1e-5
const ofOutput = { mean: beta, variance: gamma.map((g, c) => (g * g * variance[c]) / (variance[c] + EPSILON)) }
const ofInput = { mean, variance }

/** Conv, BatchNormalization, Identity, and a residual branch that is normalised too; its end is clipped. */
function normalised(changes: { readonly mean?: readonly number[]; readonly variance?: readonly number[] } = {}): Net {
  const net = convNet()
  const conv = { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] }
  const parameters = [gamma, beta, changes.mean ?? mean, changes.variance ?? variance]
  const names = ['gamma', 'beta', 'mean', 'variance']
  return {
    ...net,
    outputs: ['sum'],
    nodes: [
      node('Conv', ['x', 'w1', 'b1'], 'convolved', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
      node('BatchNormalization', ['convolved', ...names], 'normal'),
      node('Identity', ['normal'], 'same'),
      node('Conv', ['same', 'w3'], 'branch', conv),
      node('Identity', ['beta'], 'alias'),
      node('BatchNormalization', ['branch', 'gamma', 'alias', 'mean', 'variance'], 'branchNormal'),
      node('Add', ['same', 'branchNormal'], 'sum'),
      node('Clip', ['sum'], 'clipped'),
    ],
    tensors: [
      ...net.tensors.filter(({ name }) => name === 'w1' || name === 'b1'),
      tensor(
        'w3',
        [EARLY, EARLY, 3, 3],
        'FLOAT',
        whole(EARLY * EARLY * 9, 16, 5).map((w) => w / 64),
      ),
      ...names.map((name, i) => tensor(name, [EARLY], 'FLOAT', parameters[i])),
    ],
  }
}

const prepared = (net: Net, options: Partial<PrepareOptions> = {}) =>
  prepare(parseModel(bytesOf(net), 'net.onnx'), { taps: ['normal'], size: SIZE, ...options })

const close = (found: readonly number[] | undefined, wanted: readonly number[]) => {
  expect(found).toHaveLength(wanted.length)
  wanted.forEach((value, i) => {
    expect(found?.[i]).toBeCloseTo(value, 6)
  })
}

describe('the statistics of the training', () => {
  it.each([
    ['convolved', ofInput, undefined],
    ['normal', ofOutput, undefined],
    ['same', ofOutput, undefined],
    ['branch', ofInput, undefined],
    ['sum', { mean: beta.map((b) => 2 * b), variance: ofOutput.variance.map((v) => 2 * v) }, true],
  ] as const)('are those of BatchNormalization at %s', async (name, wanted, summed) => {
    const { bytes } = await prepared(normalised(), { taps: [name] })
    const [tap] = readPrepared(bytes).taps
    close(tap.trained?.mean, wanted.mean)
    close(tap.trained?.variance, wanted.variance)
    expect(tap.trained?.summed).toBe(summed)
  })

  it('are not known where something else was done, nor of a model without such nodes; those features are the same bits', async () => {
    expect((await prepared(normalised(), { taps: ['clipped'] })).description.taps[0]).not.toHaveProperty('trained')
    expect((await prepared(convNet(), { taps: ['early'] })).description.taps[0]).not.toHaveProperty('trained')
    const one = { early: { mean: whole(EARLY, 3), variance: Array(EARLY).fill(2) } }
    const [plain, given] = [await prepared(convNet(), { taps: ['early'] }), await prepared(convNet(), { taps: ['early'], trained: one })]
    expect(given.description.taps[0].trained).toEqual(one.early)
    const pixels = pictures(2, ...SIZE)
    expect(numbersOf((await run(given, pixels)).features)).toEqual(numbersOf((await run(plain, pixels)).features))
  })

  it('say how far pictures are: not at all of those that they were made of', async () => {
    const pixels = pictures(3, ...SIZE)
    const input = Array.from(pixels, (_, at) => at)
    const plane = SIZE[0] * SIZE[1]
    // Pixels as the model takes them: channels first, as they are.
    const values = input.map((at) => {
      const [picture, channel, position] = [Math.floor(at / (3 * plane)), Math.floor(at / plane) % 3, at % plane]
      return pixels[(picture * plane + position) * 3 + channel] / 64
    })
    const { convolved } = await runRaw(bytesOf({ ...normalised(), outputs: ['convolved'] }), 'x', values, [3, 3, ...SIZE], 'FLOAT')
    const all = numbersOf(convolved)
    const positions = (SIZE[0] / 2) * (SIZE[1] / 2)
    const own = Array.from({ length: EARLY }, (_, c) => all.filter((_, at) => Math.floor(at / positions) % EARLY === c))
    const means = own.map((some) => some.reduce((sum, value) => sum + value, 0) / some.length)
    const variances = own.map((some, c) => some.reduce((sum, value) => sum + (value - means[c]) ** 2, 0) / some.length)
    const preprocessing = { scale: 1 / 64, mean: [0, 0, 0], std: [1, 1, 1] } as const
    const distances = async (changes: Parameters<typeof normalised>[0]) => {
      const backbone = await prepared(normalised(changes), { taps: ['convolved'], preprocessing })
      const row = numbersOf((await run(backbone, pixels)).features)
      const d = 2 * EARLY
      const distance = new TrainedDistance(trainedTaps(backbone.description)[0], d)
      for (let i = 0; i < 3; i++) distance.add(Float64Array.from(row.slice(i * d, (i + 1) * d)))
      return { together: distance.together('w2'), median: distance.pictures.w2.toSorted((a, b) => a - b)[1] }
    }
    expect((await distances({ mean: means, variance: variances })).together).toBeLessThan(1e-4)
    const away = await distances({ mean: means.map((value, c) => value + 2 * Math.sqrt(variances[c])), variance: variances })
    expect(away.median).toBeGreaterThan(3)
  })

  it('are shown by inspect', async () => {
    const { taps } = await inspect(parseModel(bytesOf(normalised()), 'net.onnx'), { size: [...SIZE] })
    const known = Object.fromEntries(taps.map(({ name, trained }) => [name, trained]))
    expect(known).toEqual({
      convolved: 'exact',
      normal: 'exact',
      same: 'exact',
      branch: 'exact',
      branchNormal: 'exact',
      sum: 'summed',
      clipped: undefined,
    })
  })

  it('that are given are refused where they do not fit, with the field', async () => {
    const one = { mean: [1], variance: [1] }
    await expect(prepared(normalised(), { trained: { other: one } })).rejects.toThrow('given of "other", which is none of the taps: normal')
    await expect(prepared(normalised(), { trained: { normal: one } })).rejects.toThrow('hold 1 means and 1 variances; expected 7 of each')
    expect(() => trainedOf('{"normal": {"mean": [1], "variance": [-1]}}', 'file.json')).toThrow('file.json, field "normal.variance.0"')
    expect(() => trainedOf('no', 'file.json')).toThrow('file.json is no JSON')
  })
})
