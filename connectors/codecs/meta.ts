import { isUtf8 } from 'node:buffer'
import { z } from 'zod'
import type { Rejection, Row } from '../codec.js'
import { duration } from '../options.js'
import type { Records } from '../records.js'
import { reject, show } from './rejection.js'
import { parseTime, type TimeUnit, timeUnits } from './time.js'

/** Where a record's stream, time, id, label or group stands: in its key, in a header, or in a field of its value. */
export type Place = string | { key: true } | { header: string }

const key = z.strictObject({ key: z.literal(true).describe("The record's key, as UTF-8 text") })
const header = z.strictObject({ header: z.string().min(1).describe('Name of the header; of repeated ones the first counts') })

/** Schema of a place for values without fields (arrays of numbers). */
export const outside = z.union([key, header])
/** Schema of a place for values with fields; `field` says how a field is named. */
export const anywhere = (field: string) => z.union([z.string().min(1).describe(field), key, header])

/** The options that every codec has beside those of its format. */
export const metaShape = <Where extends z.ZodType<Place>>(place: Where) => ({
  stream: place.optional().describe('Where the name of the stream stands; default: each partition is one stream'),
  time: place.optional().describe("Where the event time stands; default: the record's own timestamp"),
  timeUnit: z
    .enum(timeUnits)
    .default('auto')
    .describe('Unit of a numeric time; auto reads it from the magnitude. ISO 8601 text needs none'),
  maxFuture: duration()
    .prefault('1d')
    .describe("How far an event time may lie after the record's own timestamp; beyond it (or before the year 2000) the record is rejected"),
  id: place.optional().describe("Where the record's own id stands; alerts name it"),
  label: place
    .optional()
    .describe(
      "Where the record's label stands (predicted class, tenant, topic, product): for the detectors classes, relative and label-mix; may be missing",
    ),
  group: place
    .optional()
    .describe(
      'Where it stands what the record is of (a product, a tile, a scene, a clip): a fit never learns from one record of a group to judge another of it. ' +
        'Only fit reads it; may be missing',
    ),
})

export interface MetaOptions {
  readonly stream?: Place | undefined
  readonly time?: Place | undefined
  readonly timeUnit: TimeUnit
  readonly maxFuture: number
  readonly id?: Place | undefined
  readonly label?: Place | undefined
  readonly group?: Place | undefined
}

const longestName = 256
const loneSurrogate = /\p{Cs}/u
/** Event times before this are clocks that were never set. */
const earliestTime = Date.UTC(2000, 0, 1)
/** Later times have no form in RFC 3339. */
const latestTime = Date.UTC(10_000, 0) - 1

type Getter<Fields> = (records: Records, index: number, fields: Fields) => unknown

/**
 * Reads a record's stream, time, id and label, and with `groups` its group. `field` compiles the name of a field into its getter; called only
 * here, never per record.
 */
export class MetaReader<Fields> {
  readonly #options: MetaOptions
  readonly #stream: Getter<Fields> | undefined
  readonly #time: Getter<Fields> | undefined
  readonly #id: Getter<Fields> | undefined
  readonly #label: Getter<Fields> | undefined
  readonly #group: Getter<Fields> | undefined

  constructor(options: MetaOptions, field: (name: string) => (fields: Fields) => unknown, groups = false) {
    const pick = (place: Place | undefined) => (place === undefined ? undefined : compile(place, field))
    this.#options = options
    this.#stream = pick(options.stream)
    this.#time = pick(options.time)
    this.#id = pick(options.id)
    this.#label = pick(options.label)
    this.#group = pick(groups ? options.group : undefined)
  }

  /** Writes what is configured into the row; leaves the row's defaults where nothing is. */
  read(records: Records, index: number, fields: Fields, row: Row): Rejection | undefined {
    if (this.#id !== undefined) row.id = asText(this.#id(records, index, fields))
    if (this.#label !== undefined) row.label = labelText(this.#label(records, index, fields))
    if (this.#group !== undefined) row.group = asText(this.#group(records, index, fields))
    if (this.#stream !== undefined) {
      const found = this.#stream(records, index, fields)
      const stream = asText(found)
      if (stream === undefined) return this.#noStream(found)
      row.stream = stream
    }
    const timestamp = records.timestamps[index]
    return this.#time === undefined ? this.#recordTime(timestamp) : this.#readTime(timestamp, this.#time(records, index, fields), row)
  }

  /** The record's own timestamp is the event time. Brokers take any, when they are told to; -1 is Kafka's word for none. */
  #recordTime(timestamp: number): Rejection | undefined {
    if (timestamp >= -1 && timestamp <= latestTime) return undefined
    return reject(
      'time_out_of_range',
      `the record's own timestamp is ${isoText(timestamp)}; expected one from 1970 to ${isoText(latestTime)}`,
    )
  }

  #readTime(timestamp: number, found: unknown, row: Row): Rejection | undefined {
    const time = parseTime(Buffer.isBuffer(found) ? found.toString('latin1') : found, this.#options.timeUnit)
    if (time === undefined) {
      return reject(
        'bad_time',
        `the time in ${nameOf(this.#options.time)} is ${show(asText(found) ?? found)}; expected ISO 8601 or a number`,
      )
    }
    // File rows without a clock are numbered from 1970: no event time can be checked against those.
    const latest = timestamp >= earliestTime ? Math.min(timestamp + this.#options.maxFuture, latestTime) : latestTime
    if (time < earliestTime || time > latest) {
      const bounds = `${isoText(earliestTime)} to ${isoText(latest)}`
      return reject('time_out_of_range', `the time in ${nameOf(this.#options.time)} is ${isoText(time)}; expected ${bounds}`)
    }
    row.time = time
    return undefined
  }

  #noStream(found: unknown): Rejection {
    const expected = `expected text of 1 to ${longestName} characters or a number`
    return reject('no_stream', `the stream's name in ${nameOf(this.#options.stream)} is ${show(found)}; ${expected}`)
  }
}

function compile<Fields>(place: Place, field: (name: string) => (fields: Fields) => unknown): Getter<Fields> {
  if (typeof place === 'string') {
    const get = field(place)
    return (_records, _index, fields) => get(fields)
  }
  if ('key' in place) return ({ keys }, index) => keys.at(index)
  const { header: name } = place
  return (records, index) => {
    const headers = records.headers(index)
    const value = headers !== undefined && Object.hasOwn(headers, name) ? headers[name] : undefined
    return Array.isArray(value) ? value[0] : value
  }
}

/** A short name as text, or undefined where there is none that every store and sink can carry unchanged. */
function asText(found: unknown): string | undefined {
  if (typeof found === 'number') return Number.isFinite(found) ? String(found) : undefined
  const text = Buffer.isBuffer(found) && found.length <= 4 * longestName && isUtf8(found) ? found.toString('utf8') : found
  if (typeof text !== 'string' || text.length === 0 || text.length > longestName || loneSurrogate.test(text)) return undefined
  return text
}

/** As a name; also a boolean, as classes may be. */
const labelText = (found: unknown): string | undefined => asText(typeof found === 'boolean' ? String(found) : found)

const isoText = (time: number): string => (Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : `${time} ms`)

function nameOf(place: Place | undefined): string {
  if (typeof place === 'object') return 'key' in place ? 'the key' : `header "${place.header}"`
  return `"${place}"`
}
