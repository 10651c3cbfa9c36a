import { type AlertEvent, type AnomalyData, isAnomalyData, type WorstRecord } from '../alerts/event.js'
import { sha256 } from '../alerts/names.js'

/** Where the heatmaps of a monitor are, and what they show. */
export interface HeatmapPlace {
  /** What stands before a file's name in an alert: a URL or a folder. */
  readonly prefix: string
  /** Over the picture in grey, not the map alone. */
  readonly overlay: boolean
}

/** A heatmap that an alert names. */
export interface NamedHeatmap {
  readonly name: string
  readonly stream: string
  readonly offset: number
}

const STREAM_SHOWN = 40

/**
 * The file of a record's heatmap. It says what it is of, and nothing else: the same record, reference and configuration give the same name, so
 * that an alert can name it before it is drawn.
 */
function nameOf({ overlay }: HeatmapPlace, { monitor, stream, referenceVersion }: AnomalyData, record: WorstRecord): string {
  const { topic, partition, offset } = record
  const identity = sha256(JSON.stringify([monitor, stream, topic, partition, offset, referenceVersion, overlay])).slice(0, 16)
  const readable = stream.replace(/[^A-Za-z0-9_-]+/g, '_').slice(0, STREAM_SHOWN)
  return `heatmap-${monitor}-${readable}-${partition}-${offset}-${identity}.png`
}

/** The heatmaps of an event's worst records, the worst first; none of trouble with the input and the like. */
export const heatmapsOf = (place: HeatmapPlace, { data }: AlertEvent): NamedHeatmap[] =>
  isAnomalyData(data) ? data.worst.map((record) => ({ name: nameOf(place, data, record), stream: data.stream, offset: record.offset })) : []

/** The event with a link beside each of its worst records. */
export function linked(place: HeatmapPlace, event: AlertEvent): AlertEvent {
  const { data } = event
  if (!isAnomalyData(data)) return event
  const worst = data.worst.map((record) => ({ ...record, heatmap: place.prefix + nameOf(place, data, record) }))
  return { ...event, data: { ...data, worst } }
}

/** The event with the picture of its worst record itself. */
export function attached(event: AlertEvent, png: Uint8Array): AlertEvent {
  const { data } = event
  const [first, ...others] = data.worst
  if (first === undefined) return event
  const heatmapImage = `data:image/png;base64,${Buffer.from(png).toString('base64')}`
  return { ...event, data: { ...data, worst: [{ ...first, heatmapImage }, ...others] } }
}
