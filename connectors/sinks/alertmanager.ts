import { z } from 'zod'
import type { AlertEvent } from '../../alerts/event.js'
import { severities } from '../../alerts/severity.js'
import type { PageContext, SinkComponent } from '../component.js'
import { httpHeaders, httpTimeout, httpUrl } from '../http/options.js'
import { HttpTarget } from '../http/target.js'
import { duration } from '../options.js'
import { type PartitionName, type Sink, SinkError, type StandingAlert } from '../sink.js'
import { alertOf, type LabelledAlert, type Posting, standingAlertOf } from './alertmanager-alert.js'
import { Replica } from './alertmanager-replica.js'

const alertmanagerOptions = z.strictObject({
  urls: z
    .array(httpUrl())
    .min(1)
    .max(16)
    .describe('Every replica of the Alertmanager; each is posted to, and an alert is accepted when one of them has taken it')
    .meta({ examples: [['http://alertmanager:9093']] }),
  labels: z
    .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, { error: 'is not a label name' }), z.string().min(1).max(256))
    .default({})
    .describe('Further labels of every alert, such as the cluster')
    .meta({ examples: [{ cluster: 'eu-1' }] }),
  repostEvery: duration()
    .refine((ms) => ms >= 1000 && ms <= 3_600_000, 'must be from 1s to 1h')
    .prefault('1m')
    .describe('How often every open alert is posted again; four times after the last one an Alertmanager takes it for resolved'),
  headers: httpHeaders(),
  timeout: httpTimeout(),
})
type AlertmanagerOptions = z.output<typeof alertmanagerOptions>

/** Postings that an alert stays alive for. */
const KEPT = 4
const CHUNK = 256

/** An alert with a set of labels. It fires, or ended at `endedAt` (ms since the epoch). */
interface Entry {
  readonly alert: LabelledAlert
  readonly partition: string
  readonly endedAt: number | undefined
}

/**
 * Keeps Alertmanagers told of every open alert: an alert fires as long as it is posted again and again. Who was away hears of it, and of
 * what has ended, with the next round.
 */
class AlertmanagerSink implements Sink {
  readonly name = 'alertmanager'
  readonly #replicas: readonly Replica[]
  /** By labels: an alert whose severity has risen is another one. */
  readonly #entries = new Map<string, Entry>()
  /** Partitions of which others speak: what is still written of them is posted, and not kept. */
  readonly #released = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(
    private readonly options: AlertmanagerOptions,
    private readonly facts: PageContext,
  ) {
    const { urls, headers, timeout } = options
    this.#replicas = urls.map((base) => {
      const url = `${base.replace(/\/+$/, '')}/api/v2/alerts`
      return new Replica(new HttpTarget({ sink: this.name, url, headers, timeout }), facts.logger)
    })
  }

  /** Asks nothing of them: one that is down at the start must not keep the monitor from watching. */
  async connect(): Promise<void> {
    this.#timer ??= setInterval(() => this.#repost(), this.options.repostEvery).unref()
  }

  async write(event: AlertEvent, signal: AbortSignal): Promise<void> {
    if (this.#closed) throw new SinkError('closed', false, `sink ${this.name} was written to after it was closed`)
    if (signal.aborted) throw stopped()
    const changed = this.#changed(event)
    const before = [...changed.keys()].map((key) => [key, this.#entries.get(key)] as const)
    if (!this.#released.has(nameOf(event.data.origin))) for (const [key, entry] of changed) this.#entries.set(key, entry)
    try {
      await this.#accepted([...changed.values()], signal)
    } catch (error) {
      // It is written again, or given up: until then things are as they were, unless the partition has gone meanwhile.
      for (const [key, entry] of before) if (this.#entries.get(key) === changed.get(key)) restore(this.#entries, key, entry)
      throw error
    }
  }

  adopt(partition: PartitionName, open: readonly StandingAlert[]): void {
    this.#released.delete(nameOf(partition))
    const adopted = open.map((standing): [string, Entry] => {
      const alert = standingAlertOf(standing, this.facts, this.options.labels)
      return [keyOf(standing.dedupKey, standing.peakSeverity), { alert, partition: nameOf(partition), endedAt: undefined }]
    })
    for (const [key, entry] of adopted) this.#entries.set(key, entry)
    this.#tell(adopted.map(([, entry]) => entry))
  }

  release(partition: PartitionName): void {
    this.#released.add(nameOf(partition))
    for (const [key, entry] of this.#entries) if (entry.partition === nameOf(partition)) this.#entries.delete(key)
  }

  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    for (const replica of this.#replicas) replica.close()
  }

  /** The alert as the event has it; and that with the labels of a lower severity has ended. */
  #changed(event: AlertEvent): Map<string, Entry> {
    const { dedupKey, peakSeverity, transition, origin } = event.data
    const now = Date.now()
    const others = severities.flatMap((severity) => {
      const key = keyOf(dedupKey, severity)
      const entry = this.#entries.get(key)
      return severity === peakSeverity || entry === undefined || entry.endedAt !== undefined
        ? []
        : [[key, { ...entry, endedAt: now }] as const]
    })
    const alert = alertOf(event, this.facts, this.options.labels)
    const endedAt = transition === 'resolved' ? now : undefined
    return new Map([...others, [keyOf(dedupKey, peakSeverity), { alert, partition: nameOf(origin), endedAt }]])
  }

  /** Resolves when one replica has taken them. */
  async #accepted(entries: readonly Entry[], signal: AbortSignal): Promise<void> {
    const postings = this.#postings(entries)
    const one = Promise.any(this.#replicas.map((replica) => replica.post(postings)))
    await untilStopped(one, signal).catch((error: unknown) => {
      throw error instanceof AggregateError ? mildest(error.errors) : error
    })
  }

  #repost(): void {
    const long = Date.now() - KEPT * this.options.repostEvery
    for (const [key, { endedAt }] of this.#entries) if (endedAt !== undefined && endedAt < long) this.#entries.delete(key)
    this.#tell(
      [...this.#entries.values()],
      // A round may be missed: what still waits at one that is slow or down is not to grow.
      this.#replicas.filter(({ backlogged }) => !backlogged),
    )
  }

  /** A replica that does not take them says so in the log; they come again with the next round. */
  #tell(entries: readonly Entry[], replicas = this.#replicas): void {
    for (let i = 0; i < entries.length; i += CHUNK) {
      const postings = this.#postings(entries.slice(i, i + CHUNK))
      for (const replica of replicas) replica.post(postings).catch(() => {})
    }
  }

  #postings(entries: readonly Entry[]): Posting[] {
    const later = Date.now() + KEPT * this.options.repostEvery
    return entries.map(({ alert, endedAt = later }) => ({ alert, endsAt: endedAt }))
  }
}

const keyOf = (dedupKey: string, severity: string): string => `${severity} ${dedupKey}`
const nameOf = ({ topic, partition }: PartitionName): string => `${partition} ${topic}`

function restore(entries: Map<string, Entry>, key: string, entry: Entry | undefined): void {
  if (entry === undefined) entries.delete(key)
  else entries.set(key, entry)
}

const stopped = () => new SinkError('closed', true, 'sink alertmanager: stopped before the alert was accepted')

/** The promise, or an error as soon as the signal comes. */
function untilStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(stopped())
    signal.addEventListener('abort', stop)
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** What every replica refused may be tried again when one of them may take it later. */
const mildest = (errors: readonly unknown[]): unknown =>
  errors.find((error) => error instanceof SinkError && error.recoverable) ?? errors[0]

export const alertmanager: SinkComponent<typeof alertmanagerOptions> = {
  type: 'alertmanager',
  title: 'Prometheus Alertmanager (API v2), which groups, silences and routes by itself',
  schema: alertmanagerOptions,
  create: (options, context) => new AlertmanagerSink(options, context),
}
