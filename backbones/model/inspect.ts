import { batchNorms } from './batch-norm.js'
import { ModelFault } from './fault.js'
import type { SourceModel } from './model-file.js'
import { type InputChoice, type PictureInput, pictureInput } from './picture-input.js'
import { type Quantisation, quantisationOf } from './quantisation.js'
import { candidateTaps, suggestedTaps, type Tap } from './taps.js'
import { usable } from './usable.js'
import { type DeclaredValue, inputsOf, outputsOf } from './values.js'

export interface ModelReport extends Pick<SourceModel, 'name' | 'bytes' | 'sha256' | 'opset' | 'external'> {
  readonly irVersion: number
  readonly producer: string
  /** Operator sets beside that of ONNX that its nodes use. */
  readonly domains: readonly string[]
  readonly quantisation: Quantisation
  readonly nodes: number
  readonly inputs: readonly DeclaredValue[]
  readonly outputs: readonly DeclaredValue[]
  /** The input that takes pictures, when there is one. */
  readonly picture: PictureInput | undefined
  /** Every value that can be tapped, in the order of the graph. */
  readonly taps: readonly InspectedTap[]
  /** Names of taps to begin with. */
  readonly suggested: readonly string[]
  /** Why no backbone can be made of it, and how to mend that; `undefined` when one can. */
  readonly fault: string | undefined
}

/** A tap, and whether its statistics in training are known: exactly, or as those of a sum of branches. */
export interface InspectedTap extends Tap {
  readonly trained?: 'exact' | 'summed'
}

/** Says what a model takes and gives, and what can be tapped in it. The model is run once. */
export async function inspect(source: SourceModel, choice: InputChoice = {}): Promise<ModelReport> {
  const { name, bytes, sha256, opset, external, model, graph } = source
  const found = await tapsOf(source, choice)
  return {
    name,
    bytes,
    sha256,
    opset,
    external,
    irVersion: Number(model.irVersion),
    producer: [model.producerName, model.producerVersion].filter((part) => part !== '').join(' '),
    domains: [...new Set(graph.node.map(({ domain }) => domain))].filter((domain) => domain !== '' && domain !== 'ai.onnx'),
    quantisation: quantisationOf(source),
    nodes: graph.node.length,
    inputs: inputsOf(graph),
    outputs: outputsOf(graph),
    ...found,
    suggested: suggestedTaps(found.taps).map((tap) => tap.name),
  }
}

async function tapsOf(source: SourceModel, choice: InputChoice): Promise<Pick<ModelReport, 'picture' | 'taps' | 'fault'>> {
  let picture: PictureInput | undefined
  try {
    picture = pictureInput(source, choice)
    usable(source)
    const trained = batchNorms(source)
    const taps = (await candidateTaps(source, picture)).map((tap): InspectedTap => {
      const known = trained(tap.name)
      return known === undefined ? tap : { ...tap, trained: known.summed ? 'summed' : 'exact' }
    })
    const fault = taps.length === 0 ? noTaps(source.name) : undefined
    return { picture, taps, fault }
  } catch (error) {
    if (!(error instanceof ModelFault)) throw error
    return { picture, taps: [], fault: error.message }
  }
}

const noTaps = (name: string): string =>
  `${name} has no value of the shape [N, channels, height, width] to tap: take a convolutional network, or export a transformer with its tokens ` +
  'reshaped to such a map'
