import { type BulkheadPolicy, bulkhead } from 'cockatiel'
import { type Embedder, NotEmbedded, type PictureMap, type PictureTrace } from '../backbones/embedder.js'
import type { Codec, Picture, Rejection } from '../connectors/codec.js'
import { reject } from '../connectors/codecs/rejection.js'
import type { Records } from '../connectors/records.js'
import { Gather } from './gather.js'

export interface PicturesOptions {
  readonly codec: Codec
  readonly embedder: Embedder
  /** By feature the group that it is of, for people. */
  readonly groups?: ReadonlyMap<string, string>
  /** Pictures that go to the backbone in one piece, at most. */
  readonly batch: number
  /** Longest wait, in ms, of a picture for others that fill up its piece. */
  readonly linger: number
  /** The bytes behind a URI, or why they are not had; never throws for what the URI or its server is to blame for. */
  fetch(uri: string): Promise<Uint8Array | Rejection>
}

interface Asked {
  readonly records: Records
  readonly index: number
}

/** The features of a picture, or why it has none. */
type Found = Float32Array | Rejection
const isFeatures = (found: Found): found is Float32Array => found instanceof Float32Array

/**
 * The pictures of records, embedded: in pieces of at most `batch`, which may be of several calls, as many side by side as the embedder works
 * on. So no more pictures than those are ever held in memory beside the records themselves.
 */
export class Pictures {
  readonly #lanes: BulkheadPolicy
  readonly #pieces: Gather<Asked, Found>

  constructor(private readonly options: PicturesOptions) {
    const { embedder, batch, linger } = options
    this.#lanes = bulkhead(embedder.lanes, Number.POSITIVE_INFINITY)
    this.#pieces = new Gather({ size: batch, linger, lanes: this.#lanes, work: (asked) => this.#embed(asked) })
  }

  /** The same records with what became of their pictures. Rejects only where the embedder itself is out of order. */
  async embed(records: Records): Promise<Records> {
    const { d } = this.options.embedder
    const found = await this.#pieces.all(Array.from({ length: records.length }, (_, index) => ({ records, index })))
    const rows = new Float32Array(records.length * d)
    for (const [i, one] of found.entries()) if (isFeatures(one)) rows.set(one, i * d)
    return records.withEmbedded({ rows, d, rejections: found.map((one) => (isFeatures(one) ? undefined : one)) })
  }

  /** What degradations change of some features of a record's picture, versions x columns; undefined where no picture can be embedded. */
  async shifts(records: Records, index: number, columns: readonly number[]): Promise<Float32Array | undefined> {
    return this.#lanes.execute(async () => {
      const bytes = await this.#bytes(records, index)
      if (!(bytes instanceof Uint8Array)) return undefined
      const degraded = await this.options.embedder.degrade(bytes, columns, records.offsets[index]).catch((error) => {
        if (!(error instanceof NotEmbedded)) throw error
      })
      return degraded?.shifts
    })
  }

  /** What each step makes of a picture. */
  trace(picture: Uint8Array): Promise<PictureTrace> {
    return this.options.embedder.trace(picture)
  }

  /** The map of a record's picture, of a backbone that has one; undefined where there is no picture. */
  map(records: Records, index: number): Promise<PictureMap | undefined> {
    return this.#lanes.execute(() => this.mapNext(records, index))
  }

  /** The same before the pictures that wait for a lane: after those that are worked on. */
  async mapNext(records: Records, index: number): Promise<PictureMap | undefined> {
    const bytes = await this.#bytes(records, index)
    return bytes instanceof Uint8Array ? this.options.embedder.map(bytes) : undefined
  }

  /** The file of a record's picture; undefined where there is none. */
  async file(records: Records, index: number): Promise<Uint8Array | undefined> {
    const bytes = await this.#bytes(records, index)
    return bytes instanceof Uint8Array ? bytes : undefined
  }

  /** By feature the group that it is of, for people. */
  get groups(): ReadonlyMap<string, string> | undefined {
    return this.options.groups
  }

  /** The execution provider that the backbone runs on. */
  get provider(): string {
    return this.options.embedder.provider
  }

  /** Ends the embedder. */
  close(): Promise<void> {
    return this.options.embedder.close()
  }

  async #embed(asked: readonly Asked[]): Promise<Found[]> {
    const files = await Promise.all(asked.map(({ records, index }) => this.#bytes(records, index)))
    const features = await this.#features(files.filter((file) => file instanceof Uint8Array))
    let next = 0
    return files.map((file) => (file instanceof Uint8Array ? features[next++] : file))
  }

  async #features(pictures: readonly Uint8Array[]): Promise<Found[]> {
    if (pictures.length === 0) return []
    const { embedder } = this.options
    const { d } = embedder
    try {
      const { rows, faults } = await embedder.embed(pictures)
      return faults.map((fault, i) => (fault ? reject(fault.reason, fault.detail) : rows.subarray(i * d, (i + 1) * d)))
    } catch (error) {
      if (!(error instanceof NotEmbedded)) throw error
      return pictures.map(() => reject('not_embedded', error.message))
    }
  }

  async #bytes(records: Records, index: number): Promise<Uint8Array | Rejection> {
    const { codec, fetch } = this.options
    if (codec.picture === undefined) throw new Error('the codec decodes no pictures')
    const picture: Picture | Rejection = codec.picture(records, index)
    if ('reason' in picture) return picture
    return 'bytes' in picture ? picture.bytes : fetch(picture.uri)
  }
}
