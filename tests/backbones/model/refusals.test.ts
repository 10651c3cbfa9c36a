import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { create, toBinary } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPrepared } from '../../../backbones/model/description.js'
import { ModelFault } from '../../../backbones/model/fault.js'
import { parseModel, readModel } from '../../../backbones/model/model-file.js'
import { ModelProtoSchema, StringStringEntryProtoSchema, TensorProto_DataLocation } from '../../../backbones/model/onnx_pb.js'
import { type PrepareOptions, prepare } from '../../../backbones/model/prepare.js'
import { bytesOf, convNet, EARLY, modelOf, type Net, node, tensor, value } from './nets.js'
import '../../kit/fixed-seed.js'

const prepared = (net: Net, options: Partial<PrepareOptions> = {}) =>
  prepare(parseModel(bytesOf(net), 'net.onnx'), { taps: ['late'], size: [16, 16], ...options })

const inner = (opType: string, inputs = ['early']) => convNet({ between: [node(opType, inputs, 'inner')], reads: 'inner' })

describe('prepare refuses, with the reason and the mend,', () => {
  it.each<[string, Net, Partial<PrepareOptions>, RegExp]>([
    ['a tap that does not exist', convNet(), { taps: ['layt'] }, /tap "layt" of net\.onnx does not exist \(did you mean "late"/],
    ['a tap that is no map', convNet(), { taps: ['embedding'] }, /tap "embedding" .* cannot be pooled.*\(did you mean/],
    [
      'a tap with one position',
      convNet(),
      { size: [4, 4] },
      /tap "late" .* \[1, 12, 1, 1\]: one position has no spread; tap an earlier value/,
    ],
    [
      'a tap that no picture changes',
      { ...convNet(), nodes: [node('Relu', ['w1'], 'w'), ...convNet().nodes] },
      { taps: ['w'] },
      /does not depend on the input "x"/,
    ],
    [
      'a tap of whole numbers',
      convNet({ between: [node('QuantizeLinear', ['early', 's'], 'q')], more: [tensor('s', [], 'FLOAT', [1])] }),
      { taps: ['q'] },
      /tap "q" .* is uint8 \[1, 7, 8, 8\]: whole numbers mean nothing without their scale/,
    ],
    ['no taps', convNet(), { taps: [] }, /no taps were named/],
    ['an input that does not exist', convNet(), { input: 'y' }, /net\.onnx has no input "y" \(did you mean "x"\?\)/],
    ['grey pictures', convNet({ shape: ['N', 1, 'H', 'W'] }), {}, /has 1 where the nchw layout has the channels, and pictures have 3/],
    ['vectors', convNet({ shape: ['N', 3] }), {}, /expected four axes/],
    ['another size than the fixed one', convNet({ shape: ['N', 3, 32, 32] }), {}, /fixed height of 32, not 16; leave the size out/],
    ['an old operator set', convNet({ opset: 9 }), {}, /operator set 9; from 11 on is supported: export it anew/],
    [
      'an operator set that is not there yet',
      convNet({ opset: 99 }),
      {},
      /ONNX Runtime does not load net\.onnx: .*99.*export it with opset 17/,
    ],
    ['an unknown operator', inner('Transmogrify'), {}, /does not load net\.onnx: .*Transmogrify.*; export it with operators of ONNX alone/],
    [
      'a model that gives infinity for black',
      inner('Log'),
      { preprocessing: { mean: [0, 0, 0] } },
      /gives -?(Infinity|NaN) as late\.mean\.0 of a black picture; check its pre-processing/,
    ],
    ['random numbers', inner('RandomNormalLike'), {}, /gives the same picture other features in the next run; export it for inference/],
    [
      'a size that the model cannot take',
      { ...convNet({ between: [node('Reshape', ['early', 's'], 'r')], reads: 'r', more: [tensor('s', [4], 'INT64', [1, EARLY, 9, 9])] }) },
      {},
      /does not run on pictures: .*; give the size and the layout that it takes/,
    ],
    [
      'a stored value of our name',
      convNet({ between: [node('Mul', ['early', 'map'], 'm')], reads: 'm', more: [tensor('map', [1], 'FLOAT', [1])] }),
      {},
      /holds a value "map", a name that the prepared model needs; rename it/,
    ],
    ['a wrong pre-processing', convNet(), { preprocessing: { std: [1, 0, 1] } }, /pre-processing, std\.1: Too small/],
    [
      'a crop larger than the picture',
      convNet(),
      { preprocessing: { resizeShort: 8 } },
      /pre-processing, fit\.short: is smaller than `size`/,
    ],
  ])('%s', async (_what, net, options, message) => {
    const error = await prepared(net, options).then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(ModelFault)
    expect(String(error)).toMatch(message)
  })

  it('a second input', async () => {
    const model = modelOf(inner('Add', ['early', 'other']))
    model.graph?.input.push(value('other', 'FLOAT', ['N', EARLY]))
    const source = parseModel(toBinary(ModelProtoSchema, model), 'net.onnx')
    await expect(prepare(source, { taps: ['late'] })).rejects.toThrow(
      'net.onnx needs more than pictures: "other"; export it with these as constants',
    )
    await expect(prepare(source, { taps: ['early'], size: [16, 16] })).resolves.toBeDefined()
  })

  it('a backbone that is prepared already', async () => {
    const { bytes } = await prepared(convNet())
    await expect(prepare(parseModel(bytes, 'b.onnx'), { taps: ['late'] })).rejects.toThrow('b.onnx is a prepared backbone already')
  })
})

describe('a file that is no ONNX model', () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    ['nothing', '', /it is empty/],
    ['a page', '<!DOCTYPE html>', /HTML or XML; the download has failed/],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0', /git lfs pull/],
    ['a PyTorch checkpoint', 'PK\u0003\u0004....', /PyTorch checkpoint; export the model with torch\.onnx\.export/],
    ['fields that mean nothing', Uint8Array.of(0xf8, 1, 1), /holds no graph with nodes/],
    [
      'a model without its operator set',
      toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph: modelOf(convNet()).graph })),
      /opset_import/,
    ],
  ])('is refused: %s', (_what, content, message) => {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content
    expect(() => parseModel(bytes, 'net.onnx')).toThrow(ModelFault)
    expect(() => parseModel(bytes, 'net.onnx')).toThrow(message)
  })

  it('is refused, or is a model, whatever its bytes', () => {
    const whole = bytesOf(convNet())
    const cut = fc.nat(whole.length - 1).map((length) => whole.subarray(0, length))
    const changed = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }).map((edits) => {
      const copy = whole.slice()
      for (const [at, byte] of edits) copy[at] = byte
      return copy
    })
    fc.assert(
      fc.property(fc.oneof(cut, changed, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        for (const read of [() => parseModel(bytes, 'net.onnx'), () => readPrepared(bytes)]) {
          try {
            read()
          } catch (error) {
            expect(error).toBeInstanceOf(ModelFault)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('is refused by prepare, or gives a backbone, whatever bytes of a model were changed', async () => {
    const whole = bytesOf(convNet())
    // Where names, shapes and operators stand; weights would be most of it.
    const start = Buffer.from(whole).indexOf('net')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(start), fc.nat(255)), { minLength: 1, maxLength: 3 }), async (edits) => {
        const copy = whole.slice()
        for (const [at, byte] of edits) copy[at] = byte
        try {
          await prepare(parseModel(copy, 'net.onnx'), { taps: ['late'], size: [16, 16] })
        } catch (error) {
          expect(error).toBeInstanceOf(ModelFault)
        }
      }),
      { numRuns: 60 },
    )
  })
})

describe('readPrepared refuses', () => {
  it('what was not prepared', () => {
    expect(() => readPrepared(bytesOf(convNet()), 'net.onnx')).toThrow(
      'net.onnx is no prepared backbone; make one of it with `driftwatch backbone prepare`',
    )
  })

  it.each<[string, (text: string) => string, RegExp]>([
    ['a description that is none', () => '{', /expected object/],
    ['another version of it', (text) => text.replace('"schema":1', '"schema":2'), /field "schema"/],
    ['unknown fields', (text) => text.replace('{', '{"more":1,'), /more/],
    [
      'other features than the file has',
      (text) => text.replace('"mean","logSd"', '"mean"'),
      /describes 12 features, its output "features" has 24/,
    ],
    ['another size than the file has', (text) => text.replace('[16,16]', '[16,8]'), /no input "pixels" of uint8 \[N, 16, 8, 3\]/],
  ])('%s', async (_what, change, message) => {
    const { model } = parseModel((await prepared(convNet())).bytes, '')
    model.metadataProps = model.metadataProps.map(({ key, value }) => create(StringStringEntryProtoSchema, { key, value: change(value) }))
    expect(() => readPrepared(toBinary(ModelProtoSchema, model))).toThrow(message)
  })
})

describe('tensors in files beside the model', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driftwatch-model-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** The network with w2 in a file, after 8 other bytes. */
  async function split(location: string, changes: Record<string, string> = {}): Promise<string> {
    const model = modelOf(convNet())
    const w2 = model.graph?.initializer.find(({ name }) => name === 'w2')
    if (w2 === undefined) throw new Error('no w2')
    await writeFile(join(folder, 'weights.bin'), Buffer.concat([Buffer.alloc(8, 1), w2.rawData]))
    const entries = { location, offset: '8', length: String(w2.rawData.length), ...changes }
    w2.externalData = Object.entries(entries).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }))
    w2.dataLocation = TensorProto_DataLocation.EXTERNAL
    w2.rawData = new Uint8Array(0)
    const path = join(folder, 'split.onnx')
    await writeFile(path, toBinary(ModelProtoSchema, model))
    return path
  }

  it('become part of the one file', async () => {
    const source = await readModel(await split('weights.bin'))
    expect(source.external).toEqual(['weights.bin'])
    const { bytes, description } = await prepare(source, { taps: ['late'], size: [16, 16] })
    const one = await prepared(convNet())
    const weights = (model: Uint8Array) => parseModel(model, '').graph.initializer.map(({ name, rawData }) => [name, [...rawData]])
    expect(weights(bytes)).toEqual(weights(one.bytes))
    expect(description.source).not.toBe(one.description.source)
  })

  it('count in the hash of the source', async () => {
    const path = await split('weights.bin')
    const { sha256 } = await readModel(path)
    const content = await readFile(join(folder, 'weights.bin'))
    content[20] ^= 1
    await writeFile(join(folder, 'weights.bin'), content)
    expect((await readModel(path)).sha256).not.toBe(sha256)
  })

  it.each<[string, string, Record<string, string>, RegExp]>([
    ['in a folder above', '../weights.bin', {}, /tensor w2 lies in "\.\.\/weights\.bin", outside of the model's folder/],
    ['at an absolute path', '/etc/passwd', {}, /tensor w2 lies in "\/etc\/passwd", outside of the model's folder/],
    ['behind a link', 'link.bin', {}, /tensor w2 lies in "link\.bin", outside of the model's folder/],
    ['in a file that is not there', 'missing.bin', {}, /tensor w2 lies in missing\.bin, which cannot be read/],
    ['in a folder', 'sub', {}, /tensor w2 lies in sub, which cannot be read/],
    [
      'past the end of the file',
      'weights.bin',
      { length: '999999' },
      /bytes 8 to 1000007 of weights\.bin, which has \d+; copy that file anew/,
    ],
    ['at an offset that is none', 'weights.bin', { offset: '-8' }, /external_data offset is "-8", not a count of bytes/],
    ['nowhere', '', {}, /which \(external_data location\) is missing/],
  ])('are refused %s', async (_where, location, changes, message) => {
    const path = await split(location, changes)
    await rm(join(folder, 'link.bin'), { force: true })
    await symlink('/etc/hostname', join(folder, 'link.bin'))
    await expect(readModel(path)).rejects.toThrow(ModelFault)
    await expect(readModel(path)).rejects.toThrow(message)
  })
})
