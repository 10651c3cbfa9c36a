import type { ScoringGraph } from '../detectors/scoring-graph.js'
import { fitSession } from './fit-session.js'
import { InferenceSession, Tensor } from './runtime.js'

/** Rows that go through the graph at once: what it holds of each may be some thousand numbers. */
const STEP_ROWS = 2048

type Rows = Float32Array | Float64Array

/** What a graph may take beside the rows. */
export interface RowsBeside {
  /** The row before each; default: the row itself. */
  readonly previous?: Rows | undefined
  /** Numbers of the rows' labels; default: none has one. */
  readonly labels?: Float32Array | undefined
}

/** What a scoring graph makes of n rows. */
export interface GraphOutput {
  /** n x width: what windows sum up of each row, the whitened row first; the next run overwrites them. */
  readonly statistics: Float32Array
  /** Per record detector, in the order of the graph's outputs: n scores. */
  readonly scores: readonly Float32Array<ArrayBuffer>[]
}

/** A scoring graph on the calling thread. */
export interface GraphRunner {
  /**
   * @param scores room for the scores; default: fresh memory
   * @param beside what else the graph takes of each row
   */
  run(values: Rows, n: number, scores?: GraphOutput['scores'], beside?: RowsBeside): Promise<GraphOutput>
  /** Frees the session. */
  close(): Promise<void>
}

export type OpenGraph = (graph: ScoringGraph, d: number) => Promise<GraphRunner>

/**
 * Runs a scoring graph on the CPU. It holds the calling thread while it runs: for `fit`, never beside a live stream,
 * where `startScorer` runs the same graph in a worker.
 */
export const openGraph: OpenGraph = async (graph, d) => {
  const session = await InferenceSession.create(graph.model, { ...fitSession, enableCpuMemArena: false })
  return {
    run: runInto(session, graph, d),
    close: () => session.release(),
  }
}

/**
 * Runs a graph again and again, with the rows' statistics in the memory that `room` has for n of them: by default the same each time, for
 * fresh memory would cost half as much time as summing them up, and stay until the garbage is collected.
 */
export function runInto(
  session: InferenceSession,
  { scores: names, statistics: name, width, previous: usesPrevious, labels: labelled }: Omit<ScoringGraph, 'model'>,
  d: number,
  room: (n: number) => Float32Array = sameRoom(width),
): GraphRunner['run'] {
  const tensor = (values: Rows, from: number, to: number) => {
    const rows = values.subarray(from * d, to * d)
    const shape = [to - from, d]
    return rows instanceof Float32Array ? new Tensor('float32', rows, shape) : new Tensor('float64', rows, shape)
  }
  return async (
    values,
    n,
    scores = names.map(() => new Float32Array(n)),
    { previous = values, labels = new Float32Array(labelled ? n : 0) }: RowsBeside = {},
  ) => {
    const statistics = room(n)
    for (let from = 0; from < n; from += STEP_ROWS) {
      const to = Math.min(n, from + STEP_ROWS)
      const x = tensor(values, from, to)
      const inputs = usesPrevious ? { x, previous: tensor(previous, from, to) } : { x }
      const outputs = names.map((name, j): [string, Tensor] => [name, new Tensor('float32', scores[j].subarray(from, to), [to - from])])
      const sums = new Tensor('float32', statistics.subarray(from * width, to * width), [to - from, width])
      const numbers = labelled && { labels: new Tensor('float32', labels.subarray(from, to), [to - from, 1]) }
      await session.run({ ...inputs, ...numbers }, { [name]: sums, ...Object.fromEntries(outputs) })
    }
    return { statistics, scores }
  }
}

function sameRoom(width: number): (n: number) => Float32Array {
  let rows = new Float32Array(0)
  return (n) => {
    if (rows.length < n * width) rows = new Float32Array(n * width)
    return rows.subarray(0, n * width)
  }
}
