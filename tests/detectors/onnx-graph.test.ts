import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { GraphBuilder } from '../../detectors/onnx-graph.js'

describe('GraphBuilder', () => {
  it('writes a model that ONNX Runtime loads and runs as declared', async () => {
    const builder = new GraphBuilder()
    const x = builder.input('x', 'float64', ['n', 3])
    const weighted = builder.node('Mul', [x, builder.constant([3], Float64Array.of(1, 10, 100))])
    const picked = builder.node('Gather', [weighted, builder.constant([2], BigInt64Array.of(2n, -3n))], { axis: 1 })
    const norm = builder.node('ReduceL1', [picked], { axes: [1], keepdims: 0 }, 'norm')
    builder.output(norm, 'float64', ['n'])
    const session = await InferenceSession.create(builder.build())
    expect(session.inputNames).toEqual(['x'])
    expect(session.inputMetadata[0]).toMatchObject({ type: 'float64', shape: ['n', 3] })
    expect(session.outputMetadata[0]).toMatchObject({ name: 'norm', type: 'float64', shape: ['n'] })
    const { norm: result } = await session.run({ x: new Tensor('float64', Float64Array.of(1, 2, 3, -4, 5, 6), [2, 3]) })
    expect([...(result.data as Float64Array)]).toEqual([301, 604])
    await expect(session.run({ x: new Tensor('float64', new Float64Array(4), [1, 4]) })).rejects.toThrow('Got: 4 Expected: 3')
    await session.release()
  })
})
