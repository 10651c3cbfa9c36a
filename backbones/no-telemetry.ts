/**
 * ONNX Runtime (1.29 and later, but on Windows) tells Microsoft which models, providers and machine it runs on, and keeps a number of the machine in
 * ~/.cache/Microsoft, unless this is set before the first session of the process
 * (https://github.com/microsoft/onnxruntime/pull/27379). Only the main thread can set it: the environment of a worker is a copy.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1'
