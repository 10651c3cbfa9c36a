import './no-telemetry.js'
import { env } from 'onnxruntime-node'

/**
 * ONNX Runtime as every file here uses it: without lines of its own on standard error, in the midst of ours. What it would
 * write there at this level it also throws. To be set before the first session of the process, so it stands beside the import.
 */
env.logLevel = 'fatal'

export { InferenceSession, listSupportedBackends, Tensor } from 'onnxruntime-node'
