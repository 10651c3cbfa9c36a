import { dedupKey, partitionName } from '../alerts/identity.js'
import { bounded, NAME_LENGTH } from '../alerts/names.js'
import { alertKinds } from '../alerts/severity.js'
import type { Sink, StandingAlert } from '../connectors/sink.js'
import type { Round } from '../connectors/store.js'
import type { Found } from './partitions.js'
import { noted, PARTITION } from './snapshot.js'
import type { Alerts, Partition } from './streams.js'

/** What the sinks must know of alerts beyond a restart: which are open, and what each sink has noted of them. */
export class Standing {
  readonly #sinks: readonly Sink[]

  constructor(
    private readonly monitor: string,
    sinks: readonly Sink[],
  ) {
    this.#sinks = sinks.filter(({ adopt }) => adopt !== undefined)
  }

  /** @param found when the partition's state was restored */
  adopt({ lease, feed }: Partition, { alerts, notes }: Found): void {
    if (this.#sinks.length === 0) return
    const all = [[partitionName(lease.topic, lease.partition), feed.alerts] as const, ...alerts]
    const open = all.flatMap(([stream, of]) => this.#standing(stream, of))
    for (const sink of this.#sinks) sink.adopt?.(lease, open, notes[sink.name])
  }

  release({ lease }: Partition): void {
    for (const sink of this.#sinks) sink.release?.(lease)
  }

  /** The round with the sinks' notes as they are now: at least of all that it reflects, which was delivered. */
  noted(round: Round): Round {
    const notes = this.#sinks.flatMap((sink) => {
      const note = sink.notes?.(round.lease)
      return note === undefined ? [] : [[sink.name, note] as const]
    })
    const whole = round.streams.get(PARTITION)
    if (notes.length === 0 || whole === undefined) return round
    return { ...round, streams: new Map([...round.streams, [PARTITION, noted(whole, Object.fromEntries(notes))]]) }
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
