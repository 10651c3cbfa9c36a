import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { describe, expect, it } from 'vitest'
import { inspect } from '../../../backbones/model/inspect.js'
import { parseModel } from '../../../backbones/model/model-file.js'
import { ModelProtoSchema } from '../../../backbones/model/onnx_pb.js'
import { prepare } from '../../../backbones/model/prepare.js'
import { bytesOf, convNet, EARLY, LATE, type Net, node, tensor } from './nets.js'

const inspected = (net: Net, options = {}) => inspect(parseModel(bytesOf(net), 'net.onnx'), options)

describe('inspect', () => {
  it('says what a model takes and gives', async () => {
    expect(await inspected(convNet({ opset: 13 }))).toMatchObject({
      name: 'net.onnx',
      opset: 13,
      irVersion: 7,
      nodes: 6,
      domains: [],
      external: [],
      quantisation: 'none',
      inputs: [{ name: 'x', type: 'float', shape: ['N', 3, 'H', 'W'] }],
      picture: { name: 'x', layout: 'nchw', size: [224, 224], batch: undefined },
      fault: undefined,
    })
  })

  it('lists every value that is a map of the picture, in the order of the graph', async () => {
    const { taps } = await inspected(convNet(), { size: [32, 48] })
    expect(taps).toEqual([
      { name: 'c1', operator: 'Conv', type: 'float', channels: EARLY, height: 16, width: 24, stride: 2, output: false, joins: false },
      { name: 'early', operator: 'Relu', type: 'float', channels: EARLY, height: 16, width: 24, stride: 2, output: true, joins: false },
      { name: 'late', operator: 'Conv', type: 'float', channels: LATE, height: 8, width: 12, stride: 4, output: true, joins: false },
    ])
  })

  it('takes size, batch, layout and type from the input', async () => {
    const shape = [1, 3, 32, 48]
    expect((await inspected(convNet({ shape }))).picture).toMatchObject({ size: [32, 48], batch: 1, layout: 'nchw' })
    const fault = { picture: undefined, fault: expect.stringContaining('has 48 where the nhwc layout has the channels') }
    expect(await inspected(convNet({ shape }), { layout: 'nhwc' })).toMatchObject(fault)
    expect(await inspected(convNet({ type: 'FLOAT16' }))).toMatchObject({ quantisation: 'float16', picture: { type: 'float16' } })
  })

  it('suggests the end of each stage of residual blocks, else the last value of each stride', async () => {
    const block = [node('Identity', ['late'], 'branch'), node('Add', ['late', 'branch'], 'sum1'), node('Add', ['sum1', 'late'], 'sum2')]
    const net = convNet({ outputs: ['logits'] })
    expect((await inspected({ ...net, nodes: [...net.nodes, ...block, node('Relu', ['sum2'], 'after')] })).suggested).toEqual(['sum2'])
    expect((await inspected({ ...net, nodes: [...net.nodes, node('Relu', ['late'], 'after')] })).suggested).toEqual(['after'])
    expect((await inspected({ ...net, nodes: net.nodes.slice(0, 2) })).suggested).toEqual(['early'])
  })

  it.each<[string, Net, RegExp]>([
    ['of vectors', convNet({ shape: ['N', 3] }), /expected four axes/],
    [
      'without maps',
      { nodes: [node('Flatten', ['x'], 'flat', { axis: 1 })], tensors: [], outputs: [] },
      /has no value of the shape \[N, channels, height, width\]/,
    ],
    [
      'with operators of others',
      convNet({ between: [node('Fancy', ['early'], 'f', {}, 'com.example')], reads: 'f' }),
      /does not load net\.onnx/,
    ],
    ['of an old operator set', convNet({ opset: 8 }), /operator set 8/],
  ])('says of a model %s why it is none', async (_what, net, message) => {
    const report = await inspected(net)
    expect(report.fault).toMatch(message)
    expect(report.inputs).toHaveLength(1)
    expect(report.taps).toEqual([])
  })

  it('names the operator sets of others', async () => {
    expect((await inspected(convNet({ between: [node('Fancy', ['early'], 'f', {}, 'com.example')] }))).domains).toEqual(['com.example'])
  })

  it('reads no stored tensor as an input, where old models list them so', async () => {
    const model = fromBinary(ModelProtoSchema, bytesOf(convNet()))
    const [input] = model.graph?.input ?? []
    model.graph?.input.push({ ...input, name: 'w1' })
    const { inputs, fault } = await inspect(parseModel(toBinary(ModelProtoSchema, model), 'net.onnx'))
    expect(fault).toBeUndefined()
    expect(inputs.map(({ name }) => name)).toEqual(['x'])
  })
})

describe('what later versions of ONNX add', () => {
  it('survives prepare, in the model, its graph and its nodes', async () => {
    const added = new BinaryWriter().tag(999, WireType.LengthDelimited).string('from later').finish()
    const model = fromBinary(ModelProtoSchema, bytesOf(convNet({ more: [tensor('unused', [1], 'FLOAT', [0])] })))
    const unknown = [{ no: 999, wireType: WireType.LengthDelimited, data: added.subarray(2) }]
    for (const message of [model, model.graph, model.graph?.node[0]]) if (message !== undefined) message.$unknown = unknown
    const { bytes } = await prepare(parseModel(toBinary(ModelProtoSchema, model), 'net.onnx'), { taps: ['late'], size: [16, 16] })
    const kept = parseModel(bytes, '')
    const conv = kept.graph.node.find(({ opType }) => opType === 'Conv')
    for (const message of [kept.model, kept.graph, conv]) expect(message?.$unknown?.map(({ no }) => no)).toEqual([999])
  })
})
