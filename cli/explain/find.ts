import { SlowMean } from '../../calibration/detrend.js'
import type { Codec } from '../../connectors/codec.js'
import { type RawRecord, Records } from '../../connectors/records.js'
import type { Origin, Source } from '../../connectors/source.js'
import { fittedDetectors } from '../../pipelines/fitted.js'
import type { Reference } from '../../references/reference.js'
import { harmless } from '../../telemetry/terminal.js'
import { CommandError } from '../exit.js'
import type { Previous, Subject } from './explanation.js'

/** How many values are decoded before the record, to know the slow mean and the last record of its stream: less than a second's work. */
const leadValues = 2 ** 23

/** The record, decoded. */
export interface Found extends Subject {
  /** Where it was found, for people. */
  readonly place: string
  /** Empty when nothing names it. */
  readonly stream: string
  /** ms since the epoch; NaN when nothing tells. */
  readonly time: number
  /** Earlier records of its stream that the slow mean rests on. */
  readonly earlier: number
}

/**
 * Finds one record of a source and decodes it. Where the reference subtracts a slow mean, or a detector looks at the record before, the records
 * before it are decoded too, as far back as is sensible. Connects and closes the source.
 * @throws CommandError when there is no such record, or when it cannot be decoded
 */
export async function findRecord(source: Source, origin: Origin, decoder: Decoder): Promise<Found> {
  const place = `${origin.topic}/${origin.partition}/${origin.offset}`
  for await (const record of recordsUpTo(source, origin, decoder.lead)) {
    // Awaited here: it may be refused while the source is still being closed.
    if (record.offset === origin.offset) return await decoder.subject(record, place)
    await decoder.pass(record)
  }
  throw new CommandError('usage', `${place}: there is no such record; it was deleted, compacted away, or the input does not reach so far`)
}

/**
 * Decodes records for a reference and follows the slow mean and the last record of every stream. Like a run it calls a stream by `defaultStream`
 * and takes the record's timestamp for its time where the codec is not told better; without it both stay unknown.
 */
export class Decoder {
  readonly #streams = new Map<string, Known>()
  readonly #d: number
  readonly #rate: number
  readonly #usesPrevious: boolean

  constructor(
    private readonly codec: Codec,
    reference: Reference,
    private readonly defaultStream?: string,
    /** What comes before decoding: of pictures the backbone. */
    private readonly embed: (records: Records) => Promise<Records> = async (records) => records,
  ) {
    this.#d = reference.features.length
    this.#rate = reference.detrend
    this.#usesPrevious = fittedDetectors(reference).record.some(({ detector }) => detector.usesPrevious)
  }

  /** Records that are worth decoding before the one that is asked for. */
  get lead(): number {
    return this.#rate === 0 && !this.#usesPrevious ? 0 : Math.ceil(leadValues / this.#d)
  }

  /** A record before the one that is asked for; what cannot be decoded takes no part in the mean. */
  async pass(record: RawRecord): Promise<void> {
    const { rejection, row } = await this.#decode(record)
    if (rejection !== undefined) return
    const { mean, rows } = this.#streams.get(row.stream) ?? { mean: new SlowMean(this.#d, this.#rate), rows: 0 }
    if (this.#rate > 0) mean.step(row.values, 0)
    this.#streams.set(row.stream, { mean, rows: rows + 1, last: { row: Float64Array.from(row.values), offset: record.offset } })
  }

  async subject(record: RawRecord, place: string): Promise<Found> {
    const { rejection, row } = await this.#decode(record)
    if (rejection !== undefined)
      throw new CommandError('usage', harmless(`${place} cannot be scored: ${rejection.detail} (${rejection.reason})`, 1000))
    const values = Float64Array.from(row.values)
    const known = this.#streams.get(row.stream)
    // A stream's first record is its own slow mean.
    const slowMean = this.#rate === 0 ? undefined : (known?.mean.state() ?? values)
    const found = { place, offset: record.offset, values, slowMean, previous: known?.last }
    return { ...found, stream: row.stream, time: row.time, earlier: known?.rows ?? 0 }
  }

  async #decode(record: RawRecord) {
    const values = this.codec.dtype === 'float32' ? new Float32Array(this.#d) : new Float64Array(this.#d)
    const time = this.defaultStream === undefined ? Number.NaN : record.timestamp
    const row = { values, at: 0, stream: this.defaultStream ?? '', time, id: undefined }
    return { rejection: this.codec.decode(await this.embed(Records.of([record])), 0, row), row }
  }
}

/** What the records before have told of a stream. */
interface Known {
  readonly mean: SlowMean
  readonly rows: number
  readonly last?: Previous
}

/** The records of one partition from `lead` before the offset up to it. Other partitions begin at their end, so that the input can end. */
async function* recordsUpTo(source: Source, { topic, partition, offset }: Origin, lead: number): AsyncIterable<RawRecord> {
  try {
    await source.connect().catch((error) => {
      throw new CommandError('unreachable', error instanceof Error ? error.message : String(error), { cause: error })
    })
    for await (const event of source.read()) {
      if (event.lease.topic !== topic) throw new CommandError('usage', `the input is ${event.lease.topic}, not ${topic}`)
      const ours = event.lease.partition === partition
      if (event.kind === 'assigned') event.begin(ours ? Math.min(event.end, Math.max(event.earliest, offset - lead)) : event.end)
      if (event.kind !== 'batch' || !ours) continue
      for (const record of event.records) {
        if (record.offset > offset) return
        yield record
      }
    }
  } finally {
    await source.close()
  }
}
