import { createParser } from 'eventsource-parser'
import type { StreamHistory, View, ViewChange } from '../../live/view.js'
import { continued, wantedSince } from '../model/history.js'
import type { Action, Link } from '../model/state.js'

/** The service sends something about once a second; after so long a silence it is gone, whatever the connection says. */
const SILENCE_MS = 15_000
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 10_000
const TOKEN = 'driftwatch-token'

/** A token is needed, or another one. */
class Locked extends Error {}

/** The stream of events from the service, opened again and again until it is closed. */
export class Connection {
  #abort = new AbortController()
  #wake: (() => void) | undefined
  #closed = false

  constructor(private readonly dispatch: (action: Action) => void) {
    void this.#run()
  }

  close(): void {
    this.#closed = true
    this.#abort.abort()
    this.#wake?.()
  }

  /** Tries at once, with the token of the session as it now is. */
  retry(): void {
    this.#wake?.()
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#closed; ) {
      try {
        await this.#follow(() => {
          failures = 0
        })
      } catch (error) {
        if (error instanceof Locked) {
          this.#tell({ is: 'locked', wrong: sessionStorage.getItem(TOKEN) !== null })
          await this.#waiting()
          continue
        }
      }
      if (this.#closed) return
      // Half of it by chance, so that the pages of a team do not come back at one moment.
      const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++) * (0.5 + Math.random() / 2)
      this.#tell({ is: 'lost', again: Date.now() + wait })
      await this.#waiting(wait)
    }
  }

  /** One connection, to its end. */
  async #follow(heard: () => void): Promise<void> {
    this.#abort = new AbortController()
    const silence = new Alarm(SILENCE_MS, () => this.#abort.abort())
    try {
      const response = await get('events', {}, this.#abort.signal)
      const parser = createParser({
        onEvent: ({ event, data }) => {
          heard()
          this.#take(event, data)
        },
      })
      const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
      for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
        silence.putOff()
        parser.feed(chunk.value)
      }
    } finally {
      silence.stop()
      this.#abort.abort()
    }
  }

  #take(event: string | undefined, data: string): void {
    if (this.#closed) return
    if (event === 'view') {
      const view: View = JSON.parse(data)
      this.dispatch({ do: 'view', view, heard: Date.now() })
      this.#tell({ is: view.frozen ? 'frozen' : 'live' })
    } else if (event === 'change') {
      const change: ViewChange = JSON.parse(data)
      this.dispatch({ do: 'change', change, heard: Date.now() })
    }
  }

  #tell(link: Link): void {
    if (!this.#closed) this.dispatch({ do: 'link', link })
  }

  async #waiting(ms?: number): Promise<void> {
    await new Promise<void>((done) => {
      this.#wake = done
      if (ms !== undefined) setTimeout(done, ms)
    })
    this.#wake = undefined
  }
}

/** Goes off once, unless it is put off. */
class Alarm {
  #timer: ReturnType<typeof setTimeout>

  constructor(
    private readonly ms: number,
    private readonly ring: () => void,
  ) {
    this.#timer = setTimeout(ring, ms)
  }

  putOff(): void {
    this.stop()
    this.#timer = setTimeout(this.ring, this.ms)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }
}

/** Kept until the tab is closed, and nowhere else. */
export const keepToken = (token: string): void => sessionStorage.setItem(TOKEN, token)

/** What is drawn of a stream, of which `before` is known; undefined where the service has none or cannot be reached (the events say so). */
export async function fetchHistory(monitor: string, stream: string, before: StreamHistory | undefined): Promise<StreamHistory | undefined> {
  const ask = async (since: number | undefined): Promise<StreamHistory> =>
    (await get('history', { monitor, stream, ...(since !== undefined && { since: String(since) }) })).json()
  try {
    const answer = await ask(wantedSince(before))
    return before === undefined ? answer : (continued(before, answer) ?? (await ask(undefined)))
  } catch {
    return undefined
  }
}

async function get(path: string, query: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Response> {
  const token = sessionStorage.getItem(TOKEN)
  const response = await fetch(`${path}?${new URLSearchParams(query)}`, {
    cache: 'no-store',
    ...(token !== null && { headers: { authorization: `Bearer ${token}` } }),
    ...(signal !== undefined && { signal }),
  })
  if (response.status === 401 || response.status === 403) throw new Locked()
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return response
}
