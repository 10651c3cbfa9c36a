import { GraphBuilder } from '../detectors/onnx-graph.js'
import type { PictureMap } from './embedder.js'
import { workerSession } from './model/session-options.js'
import { type PatchBank, patchDistance, pooledPositions } from './patch-bank.js'
import { InferenceSession, Tensor } from './runtime.js'
import { inTurn, type Turns } from './turns.js'

const [POSITIONS, NEAREST] = ['positions', 'nearest']

/**
 * Compares maps with a bank: one product finds the nearest patch of each position, on the device in float32, and the distance to it is computed
 * here. One picture a run, so that it has the same distance, to the last bit, whatever pictures come along.
 */
export class BankSession {
  static async open(bank: PatchBank, provider: string, threads: number, turns: Turns): Promise<BankSession> {
    const options = workerSession('none', provider, threads)
    const session = new BankSession(await inTurn(turns, () => InferenceSession.create(nearestPatch(bank), options)), bank, turns)
    // What a device cannot run may show in its first run only.
    await session.#nearest(new Float32Array(bank.usual.length * bank.channels.length))
    return session
  }

  private constructor(
    private readonly session: InferenceSession,
    private readonly bank: PatchBank,
    private readonly turns: Turns,
  ) {}

  /** How far a picture is from the bank. */
  async distance(map: Omit<PictureMap, 'picture' | 'channels'>): Promise<number> {
    const { channels, patches, usual } = this.bank
    const k = channels.length
    const positions = pooledPositions(map, channels)
    const nearest = await this.#nearest(positions)
    const squares = usual.map((_, p) => {
      const [at, patch] = [p * k, Number(nearest[p]) * k]
      let sum = 0
      for (let j = 0; j < k; j++) sum += (positions[at + j] - patches[patch + j]) ** 2
      return sum
    })
    return patchDistance(squares, usual)
  }

  release(): Promise<void> {
    return inTurn(this.turns, () => this.session.release())
  }

  async #nearest(positions: Float32Array<ArrayBuffer>): Promise<BigInt64Array> {
    const { channels, usual } = this.bank
    const feeds = { [POSITIONS]: new Tensor('float32', positions, [usual.length, channels.length]) }
    const { [NEAREST]: output } = await inTurn(this.turns, () => this.session.run(feeds, [NEAREST]))
    if (!(output.data instanceof BigInt64Array) || output.data.length !== usual.length)
      throw new Error(`the patch bank gives ${output.data.length} numbers of ${output.type}, expected ${usual.length} of int64`)
    return output.data
  }
}

/** From positions x [P, k] to the index [P] of the patch y that is nearest: that with the largest x . y - |y|^2 / 2. */
function nearestPatch({ channels, patches }: PatchBank): Uint8Array {
  const k = channels.length
  const m = patches.length / k
  const transposed = new Float32Array(patches.length)
  const halves = new Float32Array(m)
  for (let i = 0; i < m; i++)
    for (let j = 0; j < k; j++) {
      const value = patches[i * k + j]
      transposed[j * m + i] = value
      halves[i] -= value ** 2 / 2
    }
  const builder = new GraphBuilder()
  const positions = builder.input(POSITIONS, 'float32', ['P', k])
  const products = builder.node('MatMul', [positions, builder.constant([k, m], transposed)])
  const closeness = builder.node('Add', [products, builder.constant([1, m], halves)])
  builder.output(builder.node('ArgMax', [closeness], { axis: 1, keepdims: 0 }, NEAREST), 'int64', ['P'])
  return builder.build()
}
