import { type MatMul, multiply } from '../detectors/matmul.js'
import { GraphBuilder } from '../detectors/onnx-graph.js'
import { fitSession } from './fit-session.js'
import { InferenceSession, Tensor } from './runtime.js'

/** Below this many multiplications a call into ONNX Runtime costs more than plain loops. */
const SMALL = 30_000

/** Matrix products on all cores by ONNX Runtime, in float64. */
export interface FastMatMul {
  readonly multiply: MatMul
  /** Frees the session. */
  close(): Promise<void>
}

/**
 * Opens the products for a fit. A product holds the calling thread while it runs: for `fit`, never beside a live stream.
 */
export const openMatMul = async (): Promise<FastMatMul> => {
  // Without the arena, a large product's memory goes back as soon as its array is collected.
  const session = await InferenceSession.create(model(), { ...fitSession, enableCpuMemArena: false })
  return {
    multiply: async (a, b, m, k, n) => {
      if (m * k * n < SMALL) return multiply(a, b, m, k, n)
      const { product } = await session.run({ a: new Tensor('float64', a, [m, k]), b: new Tensor('float64', b, [k, n]) })
      if (!(product?.data instanceof Float64Array)) throw new Error('matmul: ONNX Runtime returned no float64 product')
      return product.data
    },
    close: () => session.release(),
  }
}

const model = (): Uint8Array => {
  const builder = new GraphBuilder()
  const a = builder.input('a', 'float64', ['m', 'k'])
  const b = builder.input('b', 'float64', ['k', 'n'])
  builder.output(builder.node('MatMul', [a, b], {}, 'product'), 'float64', ['m', 'n'])
  return builder.build()
}
