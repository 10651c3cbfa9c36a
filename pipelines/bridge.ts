import { Observable, type Subscriber } from 'rxjs'
import type { Assigned, RawBatch, Revoked, Source, SourceEvent } from '../connectors/source.js'
import { turn } from './turn.js'

export interface Credits {
  readonly records: number
  readonly bytes: number
}

/** A batch on loan: `release` gives its credits back; later calls do nothing. */
export interface Loan {
  readonly batch: RawBatch
  release(): void
}

export interface BridgeOptions {
  readonly credits: Credits
  /** A partition came or went. What `assigned` throws ends the stream with that error. */
  assigned(event: Assigned): Promise<void>
  revoked(event: Revoked): void
  /** Told after every change how much is on loan. */
  onLoan?(records: number, bytes: number): void
  /** Once it is aborted no further batch is asked for; the stream then completes. */
  readonly stop: AbortSignal
}

/**
 * Turns a source into an Observable that pushes back: the next batch is asked for only while credits are left,
 * so that at most `credits` records and bytes (plus one batch) are ever between the source and the commit,
 * whatever operators stand in between. RxJS itself does not push back.
 */
export function bridge(source: Source, options: BridgeOptions): Observable<Loan> {
  return new Observable((out) => {
    const pump = new Pump(source, options, out)
    options.stop.addEventListener('abort', pump.halt, { once: true })
    pump.run().then(
      () => out.complete(),
      (error) => out.error(error),
    )
    return () => {
      options.stop.removeEventListener('abort', pump.halt)
      pump.halt()
    }
  })
}

class Pump {
  #records: number
  #bytes: number
  #halted: boolean
  /** Ends the wait in progress, whatever it is for. */
  #wake = (): void => {}

  constructor(
    private readonly source: Source,
    private readonly options: BridgeOptions,
    private readonly out: Subscriber<Loan>,
  ) {
    this.#records = options.credits.records
    this.#bytes = options.credits.bytes
    this.#halted = options.stop.aborted
  }

  readonly halt = (): void => {
    this.#halted = true
    this.#wake()
  }

  async run(): Promise<void> {
    // Not `for await`: leaving such a loop would end the source, which must still commit.
    const events = this.source.read()[Symbol.asyncIterator]()
    while (!this.#halted) {
      if (this.#records <= 0 || this.#bytes <= 0) await new Promise<void>((resolve) => (this.#wake = resolve))
      else {
        const event = await this.#next(events)
        if (event === undefined) return
        this.#handle(event)
        await turn()
      }
    }
  }

  /** The next event, or undefined at the source's end or when halted. */
  #next(events: AsyncIterator<SourceEvent>): Promise<SourceEvent | undefined> {
    return new Promise((resolve, reject) => {
      this.#wake = () => {
        if (this.#halted) resolve(undefined)
      }
      events.next().then(({ done, value }) => resolve(done ? undefined : value), reject)
    })
  }

  #handle(event: SourceEvent): void {
    if (event.kind === 'assigned') this.options.assigned(event).catch((error) => this.out.error(error))
    else if (event.kind === 'revoked') this.options.revoked(event)
    else this.#lend(event)
  }

  #lend(batch: RawBatch): void {
    this.out.next({ batch, release: this.#borrow(batch.records.length, batch.bytes) })
  }

  /** Takes the credits and returns how to give them back. It must not hold the batch: its records are garbage once they are decoded. */
  #borrow(records: number, bytes: number): () => void {
    this.#credit(-records, -bytes)
    let lent = true
    return () => {
      if (lent) this.#credit(records, bytes)
      lent = false
    }
  }

  #credit(records: number, bytes: number): void {
    this.#records += records
    this.#bytes += bytes
    this.options.onLoan?.(this.options.credits.records - this.#records, this.options.credits.bytes - this.#bytes)
    this.#wake()
  }
}
