import { type PatchGrid, patchBytes } from '../pictures/patches.js'
import { workerSession } from './model/session-options.js'
import { InferenceSession, Tensor } from './runtime.js'
import { inTurn, type Turns } from './turns.js'

/** A DisCoPatch network of training.discopatch: from the patches of pictures, uint8 [G * P, 3, h, w], to `score` [G]. */
export interface PatchNetwork {
  readonly model: Uint8Array<ArrayBuffer>
  readonly grid: PatchGrid
}

const [PATCHES, SCORE] = ['patches', 'score']

/** A session of it. One picture a run: its patches are a batch already, and so it scores the same bits whatever pictures come along. */
export class PatchSession {
  static async open({ model, grid }: PatchNetwork, provider: string, threads: number, turns: Turns): Promise<PatchSession> {
    const options = workerSession('none', provider, threads)
    return new PatchSession(await inTurn(turns, () => InferenceSession.create(model, options)), grid, turns)
  }

  /** ONNX Runtime takes no memory that threads share. */
  readonly #input: Uint8Array<ArrayBuffer>

  private constructor(
    private readonly session: InferenceSession,
    private readonly grid: PatchGrid,
    private readonly turns: Turns,
  ) {
    this.#input = new Uint8Array(patchBytes(grid))
  }

  /** n: the score of each picture, high = abnormal. */
  async run(patches: Uint8Array): Promise<Float32Array> {
    const { rows, columns, patch } = this.grid
    const each = this.#input.length
    const scores = new Float32Array(patches.length / each)
    for (let i = 0; i < scores.length; i++) {
      this.#input.set(patches.subarray(i * each, (i + 1) * each))
      const feeds = { [PATCHES]: new Tensor('uint8', this.#input, [rows * columns, 3, patch, patch]) }
      const { [SCORE]: output } = await inTurn(this.turns, () => this.session.run(feeds, [SCORE]))
      if (!(output.data instanceof Float32Array) || output.data.length !== 1)
        throw new Error(
          `the network of pictures.patches gives ${output.data.length} numbers of ${output.type} for a picture, expected one of float32`,
        )
      scores[i] = output.data[0]
    }
    return scores
  }

  release(): Promise<void> {
    return inTurn(this.turns, () => this.session.release())
  }
}
