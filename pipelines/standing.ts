import { dedupKey, partitionName } from '../alerts/identity.js'
import { bounded, NAME_LENGTH } from '../alerts/names.js'
import { alertKinds } from '../alerts/severity.js'
import type { Sink, StandingAlert } from '../connectors/sink.js'
import type { Round } from '../connectors/store.js'
import type { Found } from './partitions.js'
import { noted, PARTITION } from './snapshot.js'
import type { Alerts, Partition } from './streams.js'
import type { Versions } from './versions.js'

/** What others must know beyond a restart: which alerts are open, what each sink has noted of them, and which versions they were raised with. */
export class Standing {
  readonly #sinks: readonly Sink[]

  constructor(
    private readonly monitor: string,
    sinks: readonly Sink[],
    private readonly versions: Versions,
  ) {
    this.#sinks = sinks.filter(({ adopt }) => adopt !== undefined)
  }

  /** @param found when the partition's state was restored. Gives the alerts that were open then. */
  adopt({ lease, feed }: Partition, { alerts, notes, versions }: Found): readonly StandingAlert[] {
    this.versions.adopt(versions)
    const all = [[partitionName(lease.topic, lease.partition), feed.alerts] as const, ...alerts]
    const open = all.flatMap(([stream, of]) => this.#standing(stream, of))
    for (const sink of this.#sinks) sink.adopt?.(lease, open, notes[sink.name])
    return open
  }

  release({ lease }: Partition): void {
    for (const sink of this.#sinks) sink.release?.(lease)
  }

  /** The round with the versions, and the sinks' notes as they are now: at least of all that it reflects, which was delivered. */
  noted(round: Round): Round {
    const notes = this.#sinks.flatMap((sink) => {
      const note = sink.notes?.(round.lease)
      return note === undefined ? [] : [[sink.name, note] as const]
    })
    const whole = round.streams.get(PARTITION)
    if (whole === undefined) return round
    const beside = { ...(notes.length > 0 && { notes: Object.fromEntries(notes) }), versions: this.versions.stored() }
    return { ...round, streams: new Map([...round.streams, [PARTITION, noted(whole, beside)]]) }
  }

  #standing(stream: string, alerts: Alerts): StandingAlert[] {
    return alertKinds.flatMap((kind) => {
      const alert = alerts[kind]
      if (alert === undefined) return []
      const { id, severity, peak, opened } = alert
      return {
        alertId: id,
        dedupKey: dedupKey({ monitor: this.monitor, stream, kind }),
        monitor: bounded(this.monitor, NAME_LENGTH),
        stream: bounded(stream, NAME_LENGTH),
        kind,
        severity,
        peakSeverity: peak,
        since: new Date(opened.time).toISOString(),
      }
    })
  }
}
