import { type AlertEvent, type Contribution, isAnomalyData } from '../alerts/event.js'
import { type AlertKind, isAnomaly, rank, type Severity } from '../alerts/severity.js'
import type { StreamStatus } from '../alerts/stream-state.js'
import type { AlarmKind } from '../calibration/calibration.js'
import { OTHER } from '../telemetry/bounded-names.js'
import type { Graded } from './batch.js'
import type { FindingsOptions } from './findings.js'
import { RecentHigh } from './recent-high.js'
import type { OpenAlert } from './vitals.js'

const kinds: readonly AlarmKind[] = ['record', 'drift']

/** What was last seen of a stream. */
interface Seen {
  readonly rarity: Readonly<Record<AlarmKind, RecentHigh>>
  /** Per window detector and chart, its score over its limit. */
  effects: readonly number[]
  /** Of its open alerts: what their latest event that names features said. */
  readonly named: Map<AlarmKind, { readonly score: number; readonly contributions: readonly Contribution[] }>
}

/** What is told of a stream without what was last seen of it. */
interface Present {
  state: number
  open: readonly OpenAlert[]
}

export interface StreamGaugesOptions {
  readonly scales: FindingsOptions['scales']
  /** What a stream is called in labels; of those beyond the maximum "other". */
  label(stream: string): string
  /** Brings the census up to date: calls `begin`, `count` for each stream, `end`. */
  refresh(): void
}

/**
 * What the metrics tell of each single stream. The batches leave numbers behind, a scrape lists them: only of streams that the latest
 * census has met, so what is forgotten or went to another owner is shown no more. Memory is bounded by the number of labels.
 */
export class StreamGauges {
  readonly #seen = new Map<string, Seen>()
  #present = new Map<string, Present>()

  constructor(private readonly options: StreamGaugesOptions) {}

  graded({ n, record, drift, windows, states, stateOf }: Graded): void {
    const now = performance.now()
    const seen = states.map(({ name }) => this.#of(this.options.label(name)))
    const highest = new Float64Array(states.length).fill(Number.NEGATIVE_INFINITY)
    for (let row = 0; row < n; row++) if (record.a[row] > highest[stateOf[row]]) highest[stateOf[row]] = record.a[row]
    seen.forEach((one, i) => {
      one.rarity.record.add(highest[i], now)
    })
    windows.forEach(({ row, scores }, i) => {
      const one = seen[stateOf[row]]
      one.rarity.drift.add(drift.a[i], now)
      const limits = this.#limits(states[stateOf[row]].name)
      one.effects = scores.map((score, j) => score / limits[j].limit)
    })
  }

  raised({ data }: AlertEvent): void {
    if (!isAnomalyData(data)) return
    const { named } = this.#of(this.options.label(data.stream))
    if (data.transition === 'resolved') named.delete(data.kind)
    else if (data.contributions.length > 0) named.set(data.kind, { score: data.evidence.score, contributions: data.contributions })
  }

  /** A census begins, and the batches' numbers of streams that it does not meet are forgotten at its end. */
  begin(): void {
    this.#present = new Map()
  }

  count(stream: string, status: StreamStatus, open: readonly OpenAlert[]): void {
    const label = this.options.label(stream)
    const state = stateOf(status, open)
    const one = this.#present.get(label)
    if (one === undefined) this.#present.set(label, { state, open: label === OTHER ? [] : open })
    else one.state = Math.max(one.state, state)
  }

  end(): void {
    for (const label of this.#seen.keys()) if (!this.#present.has(label)) this.#seen.delete(label)
  }

  states(): (readonly [stream: string, state: number])[] {
    this.options.refresh()
    return [...this.#present].map(([stream, { state }]) => [stream, state] as const)
  }

  open(): { readonly stream: string; readonly kind: AlertKind; readonly severity: Severity }[] {
    this.options.refresh()
    return [...this.#present].flatMap(([stream, { open }]) => open.map(({ kind, severity }) => ({ stream, kind, severity })))
  }

  rarities(): (readonly [{ readonly stream: string; readonly kind: AlarmKind }, number])[] {
    const now = performance.now()
    return this.#listed((stream, { rarity }) =>
      kinds.map((kind) => [{ stream, kind }, rarity[kind].read(now)] as const).filter(([, a]) => Number.isFinite(a)),
    )
  }

  effects(): (readonly [{ readonly stream: string; readonly detector: string }, number])[] {
    const { drift } = this.options.scales
    return this.#listed((stream, { effects }) =>
      stream === OTHER ? [] : effects.map((effect, j) => [{ stream, detector: drift[j].detector }, effect] as const),
    )
  }

  contributions(): {
    readonly labels: { stream: string; kind: AlarmKind; feature: string }
    readonly ratio: number
    readonly sigma: number
  }[] {
    return this.#listed((stream, { named }) =>
      [...named].flatMap(([kind, { score, contributions }]) => {
        if (stream === OTHER || !this.#present.get(stream)?.open.some((alert) => alert.kind === kind)) return []
        return contributions.map(({ feature, share, sigma }) => ({ labels: { stream, kind, feature }, ratio: share / score, sigma }))
      }),
    )
  }

  #listed<Item>(items: (stream: string, seen: Seen) => readonly Item[]): Item[] {
    this.options.refresh()
    return [...this.#seen].flatMap(([stream, seen]) => (this.#present.has(stream) ? items(stream, seen) : []))
  }

  #limits(stream: string) {
    const { scales } = this.options
    return (scales.own?.get(stream) ?? scales).drift
  }

  #of(label: string): Seen {
    let seen = this.#seen.get(label)
    if (seen === undefined) {
      seen = { rarity: { record: new RecentHigh(), drift: new RecentHigh() }, effects: [], named: new Map() }
      this.#seen.set(label, seen)
    }
    return seen
  }
}

const WITHOUT_ALERT: Readonly<Record<Exclude<StreamStatus, 'alarming'>, number>> = { warming: 0, watching: 1, no_data: 2 }

function stateOf(status: StreamStatus, open: readonly OpenAlert[]): number {
  if (status !== 'alarming') return WITHOUT_ALERT[status]
  return 3 + Math.max(...open.filter(({ kind }) => isAnomaly(kind)).map(({ severity }) => rank(severity)))
}
