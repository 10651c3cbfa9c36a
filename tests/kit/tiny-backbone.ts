import { create } from '@bufbuild/protobuf'
import type { Embedder } from '../../backbones/embedder.js'
import { featureNames } from '../../backbones/model/description.js'
import { parseModel } from '../../backbones/model/model-file.js'
import { AttributeProto_AttributeType, AttributeProtoSchema, GraphProtoSchema } from '../../backbones/model/onnx_pb.js'
import { type Prepared, prepare } from '../../backbones/model/prepare.js'
import { type EmbedderOptions, startEmbedder } from '../../backbones/onnx-embedder.js'
import { encodePng } from '../../pictures/encode.js'
import { defaultPictureLimits } from '../../pictures/fault.js'
import { bytesOf, convNet, type Net, node, tensor, value } from '../backbones/model/nets.js'
import { plain, rasterOf } from './pictures.js'

const prepared = (net: Net, taps: readonly string[], side = 32, map?: string): Promise<Prepared> =>
  prepare(parseModel(bytesOf(net), 'tiny.onnx'), {
    taps,
    size: [side, side],
    map,
    preprocessing: { fit: 'stretch', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
  })

/** Two small convolutions with made-up weights: 38 features of pictures of `side` x `side`. `map`: one of `early` and `late`. */
export const tinyBackbone = (side?: number, map?: string): Promise<Prepared> => prepared(convNet(), ['early', 'late'], side, map)

/** Of 8 x 8 pixels each how much more red than other colours there is: 2 r - g - b. */
const redness = node('Conv', ['x', 'red'], 'redness', { kernel_shape: [8, 8], strides: [8, 8] })
const red = tensor(
  'red',
  [1, 3, 8, 8],
  'FLOAT',
  Array.from({ length: 192 }, (_, i) => (i < 64 ? 2 : -1) / 64),
)
/** More red than a made-up picture has anywhere; a red one has 2. */
const much = tensor('much', [1], 'FLOAT', [1.5])

/** Gives NaN of a red picture, as the root of what is below 0. */
export const nanOnRed = (): Promise<Prepared> =>
  prepared(
    {
      nodes: [
        redness,
        node('Sub', ['much', 'redness'], 'paleness'),
        node('Sqrt', ['paleness'], 'root'),
        node('Add', ['redness', 'root'], 'tap'),
      ],
      tensors: [red, much],
    },
    ['tap'],
  )

/** Fails to run on a red picture: it then looks for a number that is not there. */
export const failsOnRed = (): Promise<Prepared> =>
  prepared(
    {
      nodes: [
        redness,
        node('ReduceMax', ['redness'], 'reddest', { keepdims: 0 }),
        node('Greater', ['reddest', 'much'], 'is'),
        node('Cast', ['is'], 'index', { to: 7 }),
        node('Gather', ['none', 'index'], 'looked'),
        node('Add', ['redness', 'looked'], 'tap'),
      ],
      tensors: [red, much, tensor('none', [1], 'FLOAT', [0])],
    },
    ['tap'],
  )

/** Never ends with a red picture: it multiplies on and on. */
export function hangsOnRed(): Promise<Prepared> {
  const bool = (name: string) => value(name, 'BOOL', [])
  const body = create(GraphProtoSchema, {
    name: 'again',
    node: [node('Identity', ['condition'], 'go on'), node('Mul', ['some', 'some'], 'more')],
    input: [value('round', 'INT64', []), bool('condition'), value('some', 'FLOAT', [1])],
    output: [bool('go on'), value('more', 'FLOAT', [1])],
  })
  const loop = node('Loop', ['rounds', '', 'none'], 'waited')
  loop.attribute.push(create(AttributeProtoSchema, { name: 'body', g: body, type: AttributeProto_AttributeType.GRAPH }))
  const nodes = [
    redness,
    node('ReduceMax', ['redness'], 'reddest', { keepdims: 0 }),
    node('Greater', ['reddest', 'much'], 'is'),
    node('Cast', ['is'], 'one', { to: 7 }),
    node('Mul', ['one', 'many'], 'rounds'),
    loop,
    node('Add', ['redness', 'waited'], 'tap'),
  ]
  return prepared({ nodes, tensors: [red, much, tensor('many', [1], 'INT64', [2 ** 62]), tensor('none', [1], 'FLOAT', [0])] }, ['tap'])
}

/** The real embedder, in its workers. */
export const startPrepared = (
  { bytes, description }: Pick<Prepared, 'bytes' | 'description'>,
  changes: Partial<EmbedderOptions> = {},
): Promise<Embedder> =>
  startEmbedder({
    model: bytes,
    d: featureNames(description).length,
    quantisation: description.quantisation,
    preprocessing: { size: [...description.preprocessing.size], fit: { type: 'stretch' }, kernel: 'bilinear' },
    batch: 4,
    limits: defaultPictureLimits,
    providers: ['cpu'],
    threads: 1,
    workers: 1,
    ...changes,
  })

/** A made-up picture: waves whose colours and direction vary with the number. */
export const waves = (index: number): Promise<Buffer> => {
  const phase = (k: number) => 6.28 * ((index * (0.618 + 0.1 * k)) % 1)
  return encodePng(
    rasterOf(40, 36, (x, y) => [
      128 + 80 * Math.sin(0.4 * x + phase(0)) + 20 * Math.cos(y + phase(3)),
      128 + 70 * Math.sin(0.3 * y + phase(1)) + 20 * Math.cos(x + phase(4)),
      128 + 60 * Math.sin(0.2 * (x + y) + phase(2)),
    ]),
  )
}

export const redPicture = (): Promise<Buffer> => encodePng(rasterOf(40, 36, () => [255, 0, 0]))
export const greyPicture = (level: number): Promise<Buffer> => encodePng(plain(40, 36, level))
