import { bounded, NAME_LENGTH, printable, sha256 } from './names.js'
import type { AlertKind } from './severity.js'

/** Whose alert it is, and under which configuration and reference it is raised. */
export interface AlertSource {
  readonly monitor: string
  readonly stream: string
  readonly kind: AlertKind
  /** The partition that all evidence of the stream is on. */
  readonly topic: string
  readonly partition: number
  readonly configVersion: string
  readonly referenceVersion: string
}

/** 128 bits in hex, of what the episode is and the offset of the record that opened it: a replay gives the same id. */
export function alertId(source: AlertSource, openedAt: number): string {
  const { monitor, stream, kind, topic, partition, configVersion, referenceVersion } = source
  return sha256(JSON.stringify([monitor, stream, kind, topic, partition, openedAt, configVersion, referenceVersion])).slice(0, 32)
}

/** Of one event in an alert's life; `sequence` counts from 1. */
export const eventId = (alert: string, sequence: number): string => `${alert}-${sequence}`

/** The same through all episodes of one stream and kind; at most 255 characters, as PagerDuty demands. */
export const dedupKey = ({ monitor, stream, kind }: Pick<AlertSource, 'monitor' | 'stream' | 'kind'>): string =>
  bounded(`${segment(monitor)}/${stream}/${kind}`, 255)

/** A monitor's name as one segment of a path. */
export const segment = (monitor: string): string => encodeURIComponent(printable(bounded(monitor, NAME_LENGTH)))

/** What stands for the stream in an alert about a whole partition. */
export const partitionName = (topic: string, partition: number): string => `${topic}[${partition}]`
