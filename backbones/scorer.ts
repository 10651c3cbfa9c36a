/** Rows of one batch to score. The buffers are transferred to the worker and come back with the result. */
export interface ScoreRequest {
  /** n x d row-major; its buffer may be longer than n*d. */
  readonly values: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>
  readonly n: number
  /** Of the same shape, the row before each in its stream; only where the graph takes it. */
  readonly previous?: Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | undefined
  /** For each row the index of the segment (stretch of one stream within one window sub-block) it belongs to. */
  readonly segments: Int32Array<ArrayBuffer>
  /** Room for the result: per record detector n scores, and of each segment the sums of its rows' statistics. */
  readonly scores: readonly Float32Array<ArrayBuffer>[]
  readonly sums: Float64Array<ArrayBuffer>
  /** Numbers of the rows' labels, where the graph asks for them. */
  readonly labels?: Float32Array<ArrayBuffer>
}

/**
 * The request's arrays, handed back: `scores`, per record detector in the order of the graph's outputs, and `sums`, segments x width,
 * of the statistics of the rows of each segment, filled in.
 */
export type ScoreResult = Omit<ScoreRequest, 'n'>

/** What is transferred with a request or its result. */
export const buffersOf = ({ values, previous, segments, scores, sums, labels }: ScoreResult): ArrayBuffer[] => [
  values.buffer,
  segments.buffer,
  sums.buffer,
  ...scores.map(({ buffer }) => buffer),
  ...(labels === undefined ? [] : [labels.buffer]),
  ...(previous === undefined ? [] : [previous.buffer]),
]

/** Runs the scoring graph off the event loop. Results come in the order of the requests. */
export interface Scorer {
  /** The execution provider in use. */
  readonly provider: string
  /** Rejects with an `Error` naming the fault. The scorer stays usable, unless its worker has died or hangs. */
  score(request: ScoreRequest): Promise<ScoreResult>
  close(): Promise<void>
}

/** Execution providers by their ONNX Runtime names. */
export const executionProviders = ['cpu', 'cuda', 'tensorrt', 'webgpu', 'coreml', 'dml'] as const
export type ExecutionProvider = (typeof executionProviders)[number]
