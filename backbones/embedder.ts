import type { PictureFault } from '../pictures/fault.js'
import type { Raster } from '../pictures/raster.js'

/** What became of some pictures, in their order. */
export interface EmbeddedPictures {
  /** n x d: the features of each; those of a faulty one mean nothing. */
  readonly rows: Float32Array<ArrayBuffer>
  readonly faults: readonly (PictureFault | undefined)[]
}

/** What degraded versions of one picture changed of some of its features. */
export interface PictureShifts {
  /** versions x columns: features of the degraded version less those of the picture. */
  readonly shifts: Float32Array<ArrayBuffer>
}

/** What each step made of one picture, to compare it with what it once made. */
export interface PictureTrace {
  /** SHA-256 of the decoded pixels and of what the network takes, hexadecimal. */
  readonly decoded: string
  readonly preprocessed: string
  readonly features: Float32Array<ArrayBuffer>
}

/** The backbone failed on these pictures, or hung, twice; others may be embedded. */
export class NotEmbedded extends Error {
  override readonly name = 'NotEmbedded'
}

/** One tap of one picture as it is, to say where in it something is. */
export interface PictureMap {
  readonly channels: number
  readonly height: number
  readonly width: number
  /** channels x height x width */
  readonly values: Float32Array
  /** What the network takes of the picture: the positions of the map lie over it evenly. */
  readonly picture: Raster
}

/** What of an embedder has worker threads of its own: what decodes and resizes, and what runs the model. */
export const embedderParts = ['preparation', 'backbone'] as const
export type EmbedderPart = (typeof embedderParts)[number]

/** Turns picture files into rows of features, off the event loop: decoding, pre-processing, the backbone. */
export interface Embedder {
  /** The execution provider in use. */
  readonly provider: string
  /** Features of a picture. */
  readonly d: number
  /** Calls that are worked on side by side; more would only wait. */
  readonly lanes: number
  /** Rejects with `NotEmbedded` when the backbone fails on them twice; with another error when it cannot be started again. */
  embed(pictures: readonly Uint8Array[]): Promise<EmbeddedPictures>
  /** Undefined where the picture is faulty. `seed`: of the degradations' strengths. */
  degrade(picture: Uint8Array, columns: readonly number[], seed: number): Promise<PictureShifts | undefined>
  /** @throws Error when the picture is faulty */
  trace(picture: Uint8Array): Promise<PictureTrace>
  /** Of a backbone that was prepared with a map; undefined where the picture is faulty. */
  map(picture: Uint8Array): Promise<PictureMap | undefined>
  close(): Promise<void>
}
