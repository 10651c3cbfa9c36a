import { toBinary } from '@bufbuild/protobuf'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { featureNames, readPrepared } from '../../../backbones/model/description.js'
import { renamed } from '../../../backbones/model/graph.js'
import { parseModel } from '../../../backbones/model/model-file.js'
import { ModelProtoSchema } from '../../../backbones/model/onnx_pb.js'
import { type PrepareOptions, prepare } from '../../../backbones/model/prepare.js'
import { backboneSession } from '../../../backbones/model/session-options.js'
import { type Statistic, statistics } from '../../../backbones/model/statistics.js'
import { bytesOf, convNet, EARLY, LATE, modelOf, type Net, node, tensor, value, whole } from './nets.js'
import { numbersOf, type PlainInput, pictures, plainFeatures, plainInput, run, runRaw } from './reference.js'

const SIZE = [16, 24] as const
const taps = ['early', 'late']
const centred = { scale: 1 / 128, mean: [1, 1, 1], std: [1, 1, 1] } as const

const prepared = (net: Net, options: Partial<PrepareOptions> = {}) =>
  prepare(parseModel(bytesOf(net), 'net.onnx'), {
    taps,
    size: SIZE,
    preprocessing: centred,
    ...options,
  })

/** What the network's own outputs give by the definitions of the statistics, features of each picture in order. */
async function expected(
  net: Net,
  pixels: Uint8Array,
  plain: PlainInput,
  wanted: readonly Statistic[],
  perRun: number,
): Promise<number[][]> {
  const { type = 'FLOAT', input = 'x' } = net
  const length = SIZE[0] * SIZE[1] * 3
  const rows: number[][] = []
  for (let at = 0; at < pixels.length; at += perRun * length) {
    const values = plainInput(pixels.slice(at, at + perRun * length), SIZE, plain)
    const shape = plain.layout === 'nhwc' ? [perRun, ...SIZE, 3] : [perRun, 3, ...SIZE]
    const outputs = await runRaw(bytesOf(net), input, values, shape, type)
    const parts = taps.map((tap) => plainFeatures(outputs[tap], wanted))
    for (let picture = 0; picture < perRun; picture++) rows.push(parts.flatMap((part) => part[picture]))
  }
  return rows
}

async function expectStatistics(
  net: Net,
  {
    plain = centred,
    options = {},
    perRun = 3,
    tolerance = 1e-5,
  }: { plain?: PlainInput; options?: Partial<PrepareOptions>; perRun?: number; tolerance?: number } = {},
) {
  const pixels = pictures(3, ...SIZE)
  const backbone = await prepared(net, options)
  const wanted = options.statistics ?? ['mean', 'logSd']
  const rows = await expected(net, pixels, plain, wanted, perRun)
  const perCall = backbone.description.batch === undefined ? 3 : 1
  const length = pixels.length / 3
  for (let picture = 0; picture < 3; picture += perCall) {
    const { features } = await run(backbone, pixels.slice(picture * length, (picture + perCall) * length))
    const data = numbersOf(features)
    const names = featureNames(backbone.description)
    expect(features.dims).toEqual([perCall, names.length])
    rows.slice(picture, picture + perCall).forEach((row, at) => {
      row.forEach((number, feature) => {
        const found = data[at * names.length + feature]
        expect(Math.abs(found - number), `${names[feature]}: ${found}, expected ${number}`).toBeLessThan(
          tolerance * Math.max(1, Math.abs(number)),
        )
      })
    })
  }
  return backbone
}

describe('prepare gives the statistics of the taps', () => {
  it.each([11, 13, 17, 18, 22])('of a model of operator set %i, every statistic', async (opset) => {
    const { single, description } = await expectStatistics(convNet({ opset }), { options: { statistics } })
    expect(single).toBeUndefined()
    expect(description.batch).toBeUndefined()
  })

  it('with the mean and standard deviation of each channel, in BGR order', async () => {
    const plain = { scale: 1 / 255, mean: [0.4, 0.45, 0.5], std: [0.2, 0.25, 0.3], bgr: true }
    const preprocessing = { colour: 'bgr', mean: [0.4, 0.45, 0.5], std: [0.2, 0.25, 0.3] } as const
    await expectStatistics(convNet(), {
      plain,
      options: { preprocessing },
    })
  })

  it('of a model that takes channels last', async () => {
    const net = convNet()
    const nhwc = {
      ...net,
      shape: ['N', 'H', 'W', 3],
      nodes: [node('Transpose', ['x'], 'first', { perm: [0, 3, 1, 2] }), ...renamed(net.nodes, (name) => (name === 'x' ? 'first' : name))],
    }
    await expectStatistics(nhwc, { plain: { ...centred, layout: 'nhwc' } })
  })

  it('of a model that takes bytes', async () => {
    const net = convNet()
    const model = modelOf({
      ...net,
      nodes: [node('Cast', ['x'], 'floats', { to: 1 }), ...renamed(net.nodes, (name) => (name === 'x' ? 'floats' : name))],
    })
    if (model.graph !== undefined) model.graph.input = [value('x', 'UINT8', ['N', 3, 'H', 'W'])]
    const backbone = await prepare(parseModel(toBinary(ModelProtoSchema, model), 'net.onnx'), { taps, size: SIZE })
    expect(backbone.description.preprocessing).toMatchObject({ scale: 1, mean: [0, 0, 0], std: [1, 1, 1] })
    const floats = await prepared(net, { preprocessing: { scale: 1, mean: [0, 0, 0], std: [1, 1, 1] } })
    const pixels = pictures(2, ...SIZE)
    expect((await run(backbone, pixels)).features.data).toEqual((await run(floats, pixels)).features.data)
  })

  it('of a model with a fixed batch of 1, for any number of pictures', async () => {
    const { description } = await expectStatistics(convNet({ shape: [1, 3, ...SIZE] }), { perRun: 1 })
    expect(description.batch).toBeUndefined()
  })

  it('of a model that has its batch of 1 built in, one by one', async () => {
    const between = [node('Reshape', ['early', 'shape'], 'same')]
    const more = [tensor('shape', [4], 'INT64', [1, EARLY, 8, 12])]
    const backbone = await expectStatistics(convNet({ shape: [1, 3, ...SIZE], between, more, reads: 'same' }), { perRun: 1 })
    expect(backbone.description.batch).toBe(1)
    expect(backbone.single).toMatch(/^it does not run on 2 pictures: /)
  })

  it('of a model whose pictures change each other, one by one', async () => {
    const between = [node('ReduceMax', ['early'], 'most', { keepdims: 1 }), node('Div', ['early', 'most'], 'scaled')]
    const backbone = await expectStatistics(convNet({ between, reads: 'scaled' }), {
      perRun: 1,
      options: { preprocessing: { scale: 1 / 255, mean: [-1, -1, -1], std: [1, 1, 1] } },
      plain: { scale: 1 / 255, mean: [-1, -1, -1] },
    })
    expect(backbone.description.batch).toBe(1)
    expect(backbone.single).toMatch(/change each other's features: late\.mean\.0/)
  })

  it('of a model of half precision', async () => {
    await expectStatistics(convNet({ type: 'FLOAT16' }), { tolerance: 4e-3 })
  })

  it('of a model with whole numbers as weights', async () => {
    const net = convNet()
    const tensors = [
      ...net.tensors.filter(({ name }) => name !== 'w2'),
      tensor('q2', [LATE, EARLY, 3, 3], 'INT8', whole(LATE * EARLY * 9, 100)),
      tensor(
        's2',
        [LATE],
        'FLOAT',
        whole(LATE, 5).map((s) => (s + 9) / 512),
      ),
      tensor('z2', [LATE], 'INT8', new Array(LATE).fill(0)),
    ]
    const nodes = [node('DequantizeLinear', ['q2', 's2', 'z2'], 'w2', { axis: 0 }), ...net.nodes]
    const { description, single } = await expectStatistics({ ...net, nodes, tensors })
    expect({ quantisation: description.quantisation, single }).toEqual({ quantisation: 'weights', single: undefined })
  })

  it('of a quantised model (QDQ)', async () => {
    const between = [node('QuantizeLinear', ['early', 's', 'z'], 'q'), node('DequantizeLinear', ['q', 's', 'z'], 'dq')]
    const more = [tensor('s', [], 'FLOAT', [1 / 32]), tensor('z', [], 'UINT8', [3])]
    const { description, single } = await expectStatistics(convNet({ opset: 13, between, more, reads: 'dq' }))
    expect({ quantisation: description.quantisation, single }).toEqual({ quantisation: 'qdq', single: undefined })
  })

  it('of a model whose values have the names of ours', async () => {
    const net = convNet({ input: 'pixels' })
    const named = renamed(net.nodes, (name) => (name === 'c1' ? 'features' : name))
    const backbone = await prepared({ ...net, nodes: named }, { taps: ['features', ...taps] })
    const [first, ...others] = backbone.description.taps
    expect(first.name).toBe('features')
    const pixels = pictures(2, ...SIZE)
    const { features } = await run(backbone, pixels)
    const { features: usual } = await run(await prepared(convNet()), pixels)
    const skipped = 2 * EARLY
    expect(others).toHaveLength(2)
    expect(numbersOf(features).slice(skipped, features.dims[1])).toEqual(numbersOf(usual).slice(0, usual.dims[1]))
  })

  it('and one of the taps itself, as a map', async () => {
    const net = convNet()
    const pixels = pictures(2, ...SIZE)
    const { map } = await run(await prepared(net, { taps: ['late'], map: 'early' }), pixels)
    const raw = await runRaw(bytesOf(net), 'x', plainInput(pixels, SIZE, centred), [2, 3, ...SIZE])
    expect(map.dims).toEqual(raw.early.dims)
    numbersOf(map).forEach((number, at) => {
      expect(number).toBeCloseTo(numbersOf(raw.early)[at], 4)
    })
  })
})

describe('a prepared backbone', () => {
  it('gives a picture the same bits whatever pictures share its run, and however many threads', async () => {
    const backbone = await prepared(convNet(), { statistics })
    const pixels = pictures(8, ...SIZE)
    const length = pixels.length / 8
    const width = featureNames(backbone.description).length
    for (const threads of [1, 4]) {
      const session = await InferenceSession.create(backbone.bytes, backboneSession('none', threads))
      const features = async (from: number, n: number) => {
        const some = pixels.slice(from * length, (from + n) * length)
        return (await session.run({ pixels: new Tensor('uint8', some, [n, ...SIZE, 3]) })).features.data as Float32Array
      }
      const alone = await Promise.all(Array.from({ length: 8 }, (_, picture) => features(picture, 1)))
      for (const [from, n] of [
        [0, 2],
        [3, 2],
        [1, 3],
        [0, 8],
      ]) {
        const rows = await features(from, n)
        for (let at = 0; at < n; at++) expect(rows.slice(at * width, (at + 1) * width)).toEqual(alone[from + at])
      }
      await session.release()
    }
  })

  it('says what it is, and names its features', async () => {
    const { bytes, description } = await prepared(convNet(), { preprocessing: { fit: 'stretch', kernel: 'bicubic' } })
    expect(readPrepared(bytes)).toEqual(description)
    expect(description).toEqual({
      schema: 1,
      name: 'net.onnx',
      source: parseModel(bytesOf(convNet()), '').sha256,
      quantisation: 'none',
      preprocessing: {
        size: [16, 24],
        fit: { type: 'stretch' },
        kernel: 'bicubic',
        colour: 'rgb',
        scale: 1 / 255,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
      },
      taps: [
        { name: 'early', channels: EARLY, height: 8, width: 12, stride: 2, statistics: ['mean', 'logSd'] },
        { name: 'late', channels: LATE, height: 4, width: 6, stride: 4, statistics: ['mean', 'logSd'] },
      ],
    })
    const names = featureNames(description)
    expect(names.slice(0, 2)).toEqual(['early.mean.0', 'early.mean.1'])
    expect(names[EARLY]).toBe('early.logSd.0')
    expect(names.at(-1)).toBe(`late.logSd.${LATE - 1}`)
  })

  it('holds nothing that its taps do not need', async () => {
    const { bytes } = await prepared(convNet(), { taps: ['early'] })
    const { graph } = parseModel(bytes, '')
    const names = graph.initializer.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['w1', 'b1']))
    expect(names).not.toEqual(expect.arrayContaining(['w2']))
    expect(names).not.toEqual(expect.arrayContaining(['head']))
    expect(graph.output.map(({ name }) => name)).toEqual(['features'])
  })

  it('is written the same each time', async () => {
    expect((await prepared(convNet())).bytes).toEqual((await prepared(convNet())).bytes)
  })
})
