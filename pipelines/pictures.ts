import { type BulkheadPolicy, bulkhead } from 'cockatiel'
import { type Embedder, NotEmbedded, type PictureMap, type PictureTrace } from '../backbones/embedder.js'
import type { Codec, Picture, Rejection } from '../connectors/codec.js'
import { reject } from '../connectors/codecs/rejection.js'
import type { Records } from '../connectors/records.js'

export interface PicturesOptions {
  readonly codec: Codec
  readonly embedder: Embedder
  /** By feature the group that it is of, for people. */
  readonly groups?: ReadonlyMap<string, string>
  /** Pictures that go to the backbone in one piece. */
  readonly batch: number
  /** The bytes behind a URI, or why they are not had; never throws for what the URI or its server is to blame for. */
  fetch(uri: string): Promise<Uint8Array | Rejection>
}

/**
 * The pictures of records, embedded: in pieces of `batch`, as many side by side as the embedder works on. So no more pictures than those
 * are ever held in memory beside the records themselves.
 */
export class Pictures {
  readonly #lanes: BulkheadPolicy

  constructor(private readonly options: PicturesOptions) {
    this.#lanes = bulkhead(options.embedder.lanes, Number.POSITIVE_INFINITY)
  }

  /**
   * The same records with what became of their pictures. Rejects only where the embedder itself is out of order. `bankOf`: by offset the patch bank
   * that a picture is compared with, where there are several.
   */
  async embed(records: Records, bankOf?: (offset: number) => number): Promise<Records> {
    const { batch, embedder } = this.options
    const { d } = embedder
    const rows = new Float32Array(records.length * d)
    const rejections = new Array<Rejection | undefined>(records.length)
    const pieces = Array.from({ length: Math.ceil(records.length / batch) }, (_, p) => p * batch)
    await Promise.all(
      pieces.map((from) =>
        this.#lanes.execute(async () => {
          const found = await Promise.all(
            Array.from({ length: Math.min(batch, records.length - from) }, (_, i) => this.#bytes(records, from + i)),
          )
          const whole = found.flatMap((one, i) => (one instanceof Uint8Array ? [{ bytes: one, at: from + i }] : []))
          for (const [i, one] of found.entries()) if (!(one instanceof Uint8Array)) rejections[from + i] = one
          await this.#embedWhole(whole, rows, rejections, bankOf && whole.map(({ at }) => bankOf(records.offsets[at])))
        }),
      ),
    )
    return records.withEmbedded({ rows, d, rejections })
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
  async map(records: Records, index: number): Promise<PictureMap | undefined> {
    return this.#lanes.execute(async () => {
      const bytes = await this.#bytes(records, index)
      return bytes instanceof Uint8Array ? this.options.embedder.map(bytes) : undefined
    })
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

  async #embedWhole(
    pictures: readonly { readonly bytes: Uint8Array; readonly at: number }[],
    rows: Float32Array,
    rejections: (Rejection | undefined)[],
    banks: readonly number[] | undefined,
  ): Promise<void> {
    if (pictures.length === 0) return
    const { d } = this.options.embedder
    try {
      const embedded = await this.options.embedder.embed(
        pictures.map(({ bytes }) => bytes),
        banks,
      )
      for (const [i, { at }] of pictures.entries()) {
        rows.set(embedded.rows.subarray(i * d, (i + 1) * d), at * d)
        const fault = embedded.faults[i]
        rejections[at] = fault && reject(fault.reason, fault.detail)
      }
    } catch (error) {
      if (!(error instanceof NotEmbedded)) throw error
      for (const { at } of pictures) rejections[at] = reject('not_embedded', error.message)
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
