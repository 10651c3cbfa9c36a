import { FLOOR } from '../../detectors/channels.js'
import type { AddedNodes } from './nodes.js'

export const statistics = ['mean', 'logSd', 'secondMoment', 'max', 'topShare'] as const
/**
 * Numbers per channel of a tap, over its positions:
 * - `mean`;
 * - `logSd`: ln(s + 0.001), s the standard deviation (biased);
 * - `secondMoment`: mean of the squares;
 * - `max`;
 * - `topShare`: ln((t + 0.001) / (m + 0.001)), m the mean of |x| and t that of the largest hundredth of them, at least one.
 */
export type Statistic = (typeof statistics)[number]

/** A tap in the graph: float [N, C, height, width]. */
export interface TapValue {
  readonly value: string
  readonly height: number
  readonly width: number
  readonly type: 'float' | 'float16' | 'double'
}

/**
 * Appends the reduction of a tap to one statistic per channel, float32 [N, C] each. Only such operators of ONNX Runtime are used that give
 * a picture the same bits whatever pictures share its run: it sums in another order, or takes another logarithm, by where a number
 * stands in ReduceMean over few numbers, MatMul of several matrices, and Log.
 * @param opset of the default operators
 */
export function addStatistics(added: AddedNodes, tap: TapValue, wanted: readonly Statistic[], opset: number): string[] {
  const x = tap.type === 'float' ? tap.value : added.cast(tap.value, 'float')
  const mean = once(() => added.node('GlobalAveragePool', [x]))
  const square = (value: string) => added.node('Mul', [value, value])
  const floored = (value: string) => added.node('Add', [value, added.constant([1], Float32Array.of(FLOOR))])
  const reductions: Record<Statistic, () => string> = {
    mean,
    logSd: () => {
      // First the mean away: the mean of squares less the square of the mean would cancel.
      const variance = added.node('GlobalAveragePool', [square(added.node('Sub', [x, mean()]))])
      return logarithm(added, floored(added.node('Sqrt', [variance])), opset)
    },
    secondMoment: () => added.node('GlobalAveragePool', [square(x)]),
    max: () => added.node('GlobalMaxPool', [x]),
    topShare: () => {
      const size = added.node('Abs', [x])
      const top = added.node('GlobalAveragePool', [largest(added, size, tap.height * tap.width)])
      return logarithm(added, added.node('Div', [floored(top), floored(added.node('GlobalAveragePool', [size]))]), opset)
    },
  }
  return wanted.map((name) => added.node('Flatten', [reductions[name]()], { axis: 1 }))
}

/** The largest hundredth of the positions of each channel: [N, C, k, 1]. */
function largest(added: AddedNodes, value: string, positions: number): string {
  const flat = added.node('Reshape', [value, added.constant([4], BigInt64Array.of(0n, 0n, -1n, 1n))])
  const k = Math.max(1, Math.ceil(positions / 100))
  return added.node('TopK', [flat, added.constant([1], BigInt64Array.of(BigInt(k)))], { axis: 2 }, undefined, 1)
}

/** Of positive numbers [N, C, 1, 1]. */
function logarithm(added: AddedNodes, value: string, opset: number): string {
  if (opset < 18) return added.node('ReduceLogSum', [value], { axes: [2, 3] })
  return added.node('ReduceLogSum', [value, added.constant([2], BigInt64Array.of(2n, 3n))])
}

function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined
  return () => {
    made ??= make()
    return made
  }
}
