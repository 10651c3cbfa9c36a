import { dedupKey, partitionName } from '../alerts/identity.js'
import { bounded, NAME_LENGTH } from '../alerts/names.js'
import type { Sink, StandingAlert } from '../connectors/sink.js'
import type { Round } from '../connectors/store.js'
import { noted, PARTITION, type SinkNotes } from './snapshot.js'
import type { Partition } from './streams.js'
import { type OpenAlert, openOf } from './vitals.js'

/** What the sinks must know of alerts beyond a restart: which are open, and what each sink has noted of them. */
export class Standing {
  readonly #sinks: readonly Sink[]

  constructor(
    private readonly monitor: string,
    sinks: readonly Sink[],
  ) {
    this.#sinks = sinks.filter(({ adopt }) => adopt !== undefined)
  }

  adopt(partition: Partition, notes: SinkNotes): void {
    if (this.#sinks.length === 0) return
    const open = [...this.#standing(partition)]
    for (const sink of this.#sinks) sink.adopt?.(partition.lease, open, notes[sink.name])
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

  *#standing({ streams, evicted, feed, lease }: Partition): Iterable<StandingAlert> {
    const whole = partitionName(lease.topic, lease.partition)
    for (const alert of openOf(feed.alerts)) yield this.#alert(whole, alert)
    for (const { name, folded } of streams.values()) for (const alert of openOf(folded.alerts)) yield this.#alert(name, alert)
    for (const [name, { vitals }] of evicted) for (const alert of vitals.open) yield this.#alert(name, alert)
  }

  #alert(stream: string, { kind, severity, id, peak, since }: OpenAlert): StandingAlert {
    return {
      alertId: id,
      dedupKey: dedupKey({ monitor: this.monitor, stream, kind }),
      monitor: bounded(this.monitor, NAME_LENGTH),
      stream: bounded(stream, NAME_LENGTH),
      kind,
      severity,
      peakSeverity: peak,
      since: new Date(since).toISOString(),
    }
  }
}
