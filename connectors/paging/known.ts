import type { AlertEvent } from '../../alerts/event.js'
import { bounded, NAME_LENGTH } from '../../alerts/names.js'
import { rank, type Severity } from '../../alerts/severity.js'
import type { Page, PageTransition } from '../pager.js'
import type { PartitionName } from '../sink.js'
import { goes, type Route } from './route.js'

/** An open alert, and what people have been told of it. */
export interface Known {
  readonly alertId: string
  readonly dedupKey: string
  /** `partitionKey` of the one that it is on. */
  readonly partition: string
  /** Its last event; undefined after a restart where it was not kept. */
  latest: AlertEvent | undefined
  /** How severe it was in the loudest page that told of it; undefined: none did. */
  told: Severity | undefined
  /** The storm that it was told of as part of. */
  storm: Storm | undefined
  /** What held its page back; undefined: none is owed. */
  heldBack: string | undefined
  /** A page that no event waits for is on its way. */
  underWay: Promise<void> | undefined
}

/** Many alerts that are told of as one. */
export interface Storm {
  readonly key: string
  /** Those that are open. */
  readonly members: Set<Known>
  /** Last events of those that are not. */
  readonly ended: AlertEvent[]
  /** How severe it was in the loudest page; undefined: none was sent. */
  told: Severity | undefined
  /** How many members its last page told of that called somebody, or fewer when it has shrunk since. */
  size: number
  /** When the last member came, ms since the epoch. */
  lastJoined: number
  /** Its last page: they are sent one after the other. */
  last: Promise<void>
}

/** What people are to be told when an open alert of which they were told so much has this for its latest event; undefined: nothing. */
export function due(route: Route, told: Severity | undefined, { data }: AlertEvent): Exclude<PageTransition, 'resolved'> | undefined {
  if (told === undefined) return goes(route, data, data.severity) ? 'opened' : undefined
  return rank(data.severity) > rank(told) ? 'escalated' : 'updated'
}

/** The page of an alert that is told of alone; undefined where no event of it is known. */
export const pageOf = ({ dedupKey, heldBack }: Known, event: AlertEvent | undefined, transition: PageTransition): Page | undefined =>
  event && { key: dedupKey, transition, severity: event.data.severity, events: [event], ...(heldBack !== undefined && { heldBack }) }

/** Events name topics in bounded length. */
export const partitionKey = ({ topic, partition }: PartitionName): string => `${partition}/${bounded(topic, NAME_LENGTH)}`
