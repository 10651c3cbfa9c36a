import { Records } from '../connectors/records.js'
import { encodeJpeg } from '../pictures/encode.js'
import { heatmapPng } from '../references/heatmap.js'
import type { Places } from '../references/places.js'
import type { Graded, Outcome } from './batch.js'
import { attached, type HeatmapPlace, heatmapsOf, linked, type NamedHeatmap } from './heatmap-links.js'
import { bytesOf, type KeptPicture, KeptPictures, pictureOf } from './kept-pictures.js'
import type { HeatmapOutcome } from './metric-labels.js'
import type { Pictures } from './pictures.js'
import { within } from './within.js'

/** Where heatmaps are kept. */
export interface HeatmapFiles {
  connect(): Promise<void>
  has(name: string): Promise<boolean>
  /** Undefined where it is not there, or larger than so many bytes. */
  read(name: string, most: number): Promise<Uint8Array | undefined>
  /** All of it or nothing. */
  write(name: string, png: Uint8Array): Promise<void>
}

export interface HeatmapsOptions extends HeatmapPlace {
  /** Undefined: alerts name heatmaps that nobody draws, as in a replay. */
  readonly files: HeatmapFiles | undefined
  readonly pictures: Pick<Pictures, 'mapNext'>
  readonly places: Places
  /** Most bytes of a file that an alert takes along. */
  readonly attach: number | undefined
  /** Bytes of pictures that are held, at most: one half for alerts to come, the other for those that wait to be drawn. */
  readonly memory: number
  /** Most ms that an alert waits for its heatmaps. */
  readonly patience: number
  told(outcome: HeatmapOutcome, name: string, detail: string | undefined): void
  /** Takes what was drawn, where pictures may be shown to people: the picture (JPEG), and the heatmap over it in grey (PNG). */
  show?: ((name: string, picture: { readonly image: Uint8Array; readonly heatmap: Uint8Array }) => void) | undefined
}

const JPEG_QUALITY = 85

/**
 * Draws where in the worst pictures of alerts something is unusual, while their records are at hand. Only of pictures that an event names and
 * that were not drawn before; one at a time. What an alert says does not depend on whether that goes well, so that a repetition has the same bytes.
 */
export class Heatmaps {
  readonly #kept: KeptPictures
  /** By name, those that are not done yet; never rejected. */
  readonly #under = new Map<string, Promise<void>>()
  #last: Promise<void> = Promise.resolve()
  #waiting = 0
  #closed = false

  constructor(private readonly options: HeatmapsOptions) {
    this.#kept = new KeptPictures(options.memory / 2)
  }

  get draws(): boolean {
    return this.options.files !== undefined
  }

  async connect(): Promise<void> {
    await this.options.files?.connect()
  }

  /** Links the events of a batch to their heatmaps and begins those; keeps the pictures that later events may name. */
  begin<Batch extends Pick<Graded, 'partition' | 'states' | 'events' | 'raw'>>(batch: Batch): Batch {
    const { files } = this.options
    if (files !== undefined) {
      const { lease } = batch.partition
      for (const event of batch.events) {
        for (const heatmap of heatmapsOf(this.options, event)) {
          const find = () => this.#kept.find(lease, heatmap.stream, heatmap.offset) ?? pictureOf(batch.raw?.records, heatmap.offset)
          this.#enqueue(files, heatmap, find)
        }
      }
      this.#kept.keep(batch)
    }
    return { ...batch, events: batch.events.map((event) => linked(this.options, event)) }
  }

  /** Waits a moment for the heatmaps of the outcome's events; attaches those that are there. */
  async ready(outcome: Outcome, signal: AbortSignal): Promise<Outcome> {
    const { patience, files, attach } = this.options
    if (files === undefined || outcome.events.length === 0) return outcome
    const named = outcome.events.map((event) => heatmapsOf(this.options, event))
    const under = named.flat().flatMap(({ name }) => this.#under.get(name) ?? [])
    if (under.length > 0) await within(patience, signal, Promise.all(under))
    if (attach === undefined) return outcome
    const events = await Promise.all(
      outcome.events.map(async (event, i) => {
        const [worst] = named[i]
        if (worst === undefined || event.data.transition === 'resolved') return event
        const png = await files.read(worst.name, attach)
        return png === undefined ? event : attached(event, png)
      }),
    )
    return { ...outcome, events }
  }

  /** Resolves when nothing waits to be drawn any more, or after so many ms, or with the signal. */
  drain(ms: number, signal: AbortSignal): Promise<void> {
    return within(ms, signal, this.#last)
  }

  /** What is being drawn is drawn to its end, what waits is not. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#last
  }

  #enqueue(files: HeatmapFiles, heatmap: NamedHeatmap, find: () => KeptPicture | undefined): void {
    const { name } = heatmap
    if (this.#under.has(name)) return
    const picture = find()
    const bytes = picture === undefined ? 0 : bytesOf(picture)
    if (this.#waiting > 0 && this.#waiting + bytes > this.options.memory / 2) {
      this.options.told('busy', name, undefined)
      return
    }
    this.#waiting += bytes
    const drawn = this.#last
      .then(() => this.#draw(files, name, picture))
      .finally(() => {
        this.#waiting -= bytes
        this.#under.delete(name)
      })
    this.#last = drawn
    this.#under.set(name, drawn)
  }

  /** Never rejects: an alert does not depend on it. */
  async #draw(files: HeatmapFiles, name: string, picture: KeptPicture | undefined): Promise<void> {
    const { told } = this.options
    if (this.#closed || (await files.has(name))) return
    if (picture === undefined) return told('picture_gone', name, undefined)
    const png = await this.#png(name, picture).catch((error) => {
      told('not_drawn', name, messageOf(error))
    })
    if (png === undefined) return
    if (png === 'no_picture') return told(png, name, undefined)
    await files.write(name, png).then(
      () => told('drawn', name, undefined),
      (error) => told('not_written', name, messageOf(error)),
    )
  }

  async #png(name: string, { offset, timestamp, value }: KeptPicture): Promise<Buffer | 'no_picture'> {
    const { pictures, places, overlay, show } = this.options
    const map = await pictures.mapNext(Records.of([{ offset, timestamp, key: null, value }]), 0)
    if (map === undefined) return 'no_picture'
    show?.(name, { image: await encodeJpeg(map.picture, JPEG_QUALITY), heatmap: await heatmapPng(places, map, true) })
    return heatmapPng(places, map, overlay)
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
