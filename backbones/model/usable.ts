import { METADATA_KEY } from './description.js'
import { ModelFault } from './fault.js'
import type { SourceModel } from './model-file.js'

const OLDEST_OPSET = 11

/** Refuses models that cannot become a prepared backbone whatever their taps. @throws ModelFault */
export function usable({ name, model, opset }: SourceModel): void {
  if (model.metadataProps.some(({ key }) => key === METADATA_KEY))
    throw new ModelFault(`${name} is a prepared backbone already; give the model that it was made from`)
  if (opset < OLDEST_OPSET)
    throw new ModelFault(
      `${name} uses operator set ${opset}; from ${OLDEST_OPSET} on is supported: export it anew with opset 17, or convert it (onnx.version_converter)`,
    )
}
