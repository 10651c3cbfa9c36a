import { z } from 'zod'
import type { AlertEvent } from '../../alerts/event.js'
import { alertKinds, rank, severities } from '../../alerts/severity.js'
import { transitions } from '../../alerts/transition.js'
import type { Known, Storm } from './known.js'
import { hasGone, type Route } from './route.js'

/** What a pager's route notes of the open alerts of one partition, so that a restart changes nothing of what people are told. */

/** Alerts whose last event is kept, some 3 kB each, the most severe ones: notes travel in one message of the state topic. */
const MOST_EVENTS = 100

const texts = z.array(z.string())
/** Written by this program, but to where others may write: what is looked at here is checked, the rest is passed on as it is. */
const eventShape = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string(),
  time: z.string(),
  data: z.looseObject({
    alertId: z.string(),
    dedupKey: z.string(),
    transition: z.enum(transitions),
    summary: z.string(),
    monitor: z.string(),
    stream: z.string(),
    kind: z.enum(alertKinds),
    severity: z.enum(severities),
    peakSeverity: z.enum(severities),
    detectors: texts,
    since: z.string(),
    at: z.string(),
    contributions: z.array(z.looseObject({})),
    worst: z.array(z.looseObject({})),
    evidence: z.looseObject({}),
    origin: z.looseObject({ topic: z.string(), partition: z.int(), offset: z.int() }),
  }),
})
const event = z.custom<AlertEvent>((value) => eventShape.safeParse(value).success, 'is no alert event')

const noteSchema = z.strictObject({
  alert: z.string(),
  told: z.enum(severities).exactOptional(),
  storm: z.string().exactOptional(),
  heldBack: z.string().exactOptional(),
  event: event.exactOptional(),
})
const notesSchema = z.strictObject({
  alerts: z.array(noteSchema),
  storms: z.record(z.string(), z.strictObject({ told: z.enum(severities).exactOptional(), size: z.int(), lastJoined: z.number() })),
})

export type Note = z.output<typeof noteSchema>
export type Notes = z.output<typeof notesSchema>

export const noNotes: Notes = { alerts: [], storms: {} }

/** @throws Error when they are of another release, or damaged */
export const readNotes = (text: string): Notes => notesSchema.parse(JSON.parse(text))

/** What is to be known of these alerts; undefined: nothing that the route would not say after a restart. */
export function writeNotes(alerts: Iterable<Known>, route: Route): string | undefined {
  const noteworthy = [...alerts].filter((alert) => isOwed(alert) || (alert.latest !== undefined && hasGone(route, alert.latest.data)))
  if (noteworthy.length === 0) return undefined
  const notes: Notes = {
    alerts: noteworthy.sort(mostSevereFirst).map((known, i) => noteOf(known, i < MOST_EVENTS)),
    storms: Object.fromEntries(noteworthy.flatMap(({ storm }) => (storm === undefined ? [] : [[storm.key, stormOf(storm)]]))),
  }
  return JSON.stringify(notes)
}

/** Whether people were told, or are to be. */
const isOwed = ({ told, heldBack }: Known): boolean => told !== undefined || heldBack !== undefined

const noteOf = ({ alertId, told, storm, heldBack, latest }: Known, withEvent: boolean): Note => ({
  alert: alertId,
  ...(told !== undefined && { told }),
  ...(storm !== undefined && { storm: storm.key }),
  ...(heldBack !== undefined && { heldBack }),
  ...(withEvent && latest !== undefined && { event: withoutImage(latest) }),
})

const stormOf = ({ told, size, lastJoined }: Storm) => ({ ...(told !== undefined && { told }), size, lastJoined })

/** A heatmap is many times as large as the rest, and lies in its file. */
function withoutImage({ data, ...event }: AlertEvent): AlertEvent {
  return { ...event, data: { ...data, worst: data.worst.map(({ heatmapImage: _, ...record }) => record) } }
}

const mostSevereFirst = ({ latest: one }: Known, { latest: other }: Known): number => rankOf(other) - rankOf(one)
const rankOf = (latest: AlertEvent | undefined): number => (latest === undefined ? -1 : rank(latest.data.severity))
