import { pooled } from './bn-windows.js'
import type { TrainedTap } from './channels.js'
import { type Distance, divergence, fitTrained, type TrainedChannels, trainedAt, trainedChannels, wasserstein } from './trained.js'

const distances = { w2: wasserstein, kl: divergence }
type Kind = keyof typeof distances

/** How far pictures are from the training of a backbone at one tap, without any reference; raw rows of d features are added in turn. */
export class TrainedDistance {
  readonly #channels: TrainedChannels
  readonly #sum: Float64Array
  readonly #squares: Float64Array
  /** Mean over channels, of each picture. */
  readonly pictures: Readonly<Record<Kind, number[]>> = { w2: [], kl: [] }

  /** @throws Unfit where no channel of the tap varied in training */
  constructor(tap: TrainedTap, d: number) {
    const raw = { mean: new Float64Array(d), scale: new Float64Array(d).fill(1), active: Array.from({ length: d }, () => true) }
    this.#channels = trainedChannels(fitTrained({ trained: [tap], whitening: raw }))
    this.#sum = new Float64Array(this.#channels.weight.length)
    this.#squares = new Float64Array(this.#channels.weight.length)
  }

  add(row: Float64Array): void {
    const seen = Array.from(this.#sum, (_, c) => {
      const { z, logRatio } = trainedAt(this.#channels, row, c)
      const ratio = Math.exp(logRatio)
      this.#sum[c] += z
      this.#squares[c] += z * z + ratio * ratio
      return { z, ratio }
    })
    this.pictures.w2.push(this.#mean(wasserstein, seen))
    this.pictures.kl.push(this.#mean(divergence, seen))
  }

  /** Of all pictures together, as of a window of them. */
  together(kind: Kind): number {
    const n = this.pictures.w2.length
    const seen = Array.from(this.#sum, (sum, c) => pooled(n, sum / n, this.#squares[c] / n))
    return this.#mean(distances[kind], seen)
  }

  #mean({ ofMean, ofRatio }: Distance, seen: readonly { readonly z: number; readonly ratio: number }[]): number {
    return seen.reduce((total, { z, ratio }, c) => total + this.#channels.weight[c] * (ofMean(z) + ofRatio(ratio)), 0)
  }
}
