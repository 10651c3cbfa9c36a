import { z } from 'zod'
import { serialise } from '../../alerts/compose.js'
import type { AlertEvent } from '../../alerts/event.js'
import { painter, showsColour } from '../../telemetry/terminal.js'
import type { Component } from '../component.js'
import { type Sink, SinkError } from '../sink.js'
import { pretty } from './pretty.js'

const schema = z.strictObject({
  format: z
    .enum(['auto', 'pretty', 'ndjson'])
    .default('auto')
    .describe('pretty: a block per event for people; ndjson: one CloudEvent per line; auto: pretty on a terminal, else ndjson'),
})

/** What the sink needs of standard output. */
export interface Output {
  write(text: string, done: (error?: Error | null) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  off(event: 'error', listener: (error: Error) => void): unknown
  readonly isTTY?: boolean
  hasColors?(): boolean
}

/**
 * Writes events to standard output. A write resolves when the stream has handed its bytes on, so a reader that is slow
 * slows the pipeline. A reader that went away (EPIPE) is a permanent `closed`.
 */
export class StdoutSink implements Sink {
  readonly name = 'stdout'
  readonly #output: Output
  readonly #render: (event: AlertEvent) => string
  #closed = false

  constructor({ format }: z.output<typeof schema>, output: Output = process.stdout) {
    this.#output = output
    const paint = painter(showsColour(output))
    const isPretty = format === 'pretty' || (format === 'auto' && output.isTTY === true)
    this.#render = isPretty ? (event) => `${pretty(event, paint)}\n` : ndjson
  }

  async connect(): Promise<void> {
    // Every failed write reports its own error; without a listener the stream would also end the process.
    this.#output.on('error', ignore)
  }

  async write(event: AlertEvent, signal: AbortSignal): Promise<void> {
    if (this.#closed) throw new SinkError('closed', false, 'sink stdout: written to after it was closed')
    if (signal.aborted) throw stopped()
    await new Promise<void>((resolve, reject) => {
      const stop = () => reject(stopped())
      signal.addEventListener('abort', stop, { once: true })
      this.#output.write(this.#render(event), (error) => {
        signal.removeEventListener('abort', stop)
        if (error) reject(broken(error))
        else resolve()
      })
    })
  }

  /** Leaves the stream open: it is the process's. */
  async close(): Promise<void> {
    this.#closed = true
    this.#output.off('error', ignore)
  }
}

const ignore = () => {}

/** JSON leaves DEL, C1 controls and Unicode's line separators as they are; some terminals and readers would obey them. */
const ndjson = (event: AlertEvent): string =>
  `${serialise(event).replace(/[\x7f-\x9f\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`

const stopped = () => new SinkError('closed', true, 'sink stdout: stopped before its reader took the event')
const broken = (error: Error) =>
  new SinkError('closed', false, `sink stdout: its reader went away (${error.message}); restart with a reader that stays`, { cause: error })

export const stdout: Component<typeof schema, Sink> = {
  type: 'stdout',
  title: 'Standard output: for people on a terminal, else one CloudEvent per line',
  schema,
  create: (options) => new StdoutSink(options),
}
