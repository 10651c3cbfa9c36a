import type { ServerResponse } from 'node:http'
import { Changes } from './changes.js'
import type { Live } from './live.js'
import type { MonitorChange, View, ViewChange } from './view.js'

const EVERY = 1000
/** Ms after which a client that was cut off comes again. */
const RETRY = 2000

interface Client {
  readonly response: ServerResponse
  /** The one that it asks for; undefined: all. */
  readonly monitor: string | undefined
  /** It has missed a change, and is to be sent all again. */
  behind: boolean
}

/**
 * Sends views, then changes, once a second, which also keeps connections alive. Who does not take what was sent is sent nothing more until it has, so
 * that a client holds one view and one change in memory at most.
 */
export class Feed {
  readonly #clients = new Set<Client>()
  readonly #changes = new Changes()
  readonly #timer: NodeJS.Timeout
  /** What was told last: who joins begins with it, as changes count from it. */
  #last: View | undefined

  constructor(
    private readonly live: Live,
    private readonly most: number,
  ) {
    this.#timer = setInterval(() => this.tell(), EVERY)
    this.#timer.unref()
  }

  /** Pages that listen. */
  get clients(): number {
    return this.#clients.size
  }

  get full(): boolean {
    return this.clients >= this.most
  }

  /** The response is a stream of events from now on. Its headers are written already. */
  join(response: ServerResponse, monitor: string | undefined): void {
    const client = { response, monitor, behind: true }
    response.once('close', () => this.#clients.delete(client))
    this.#clients.add(client)
    response.write(`retry: ${RETRY}\n\n`)
    this.#catchUp([client], this.#last ?? this.#look())
  }

  /** Looks at the monitors, and tells everybody what is new. */
  tell(): void {
    this.live.look()
    if (this.#clients.size === 0) this.#rest()
    else this.#tellClients()
  }

  /** Ends every stream. */
  close(): void {
    clearInterval(this.#timer)
    for (const { response } of this.#clients) response.end()
    this.#clients.clear()
    this.live.close()
  }

  #tellClients(): void {
    const clients = [...this.#clients]
    const behind = clients.filter((client) => client.behind)
    const abreast = clients.filter((client) => !client.behind)
    const view = this.live.view()
    const change = this.#changes.next(view)
    this.#last = view
    const write = writer('change', change)
    for (const client of abreast) {
      if (client.response.writableNeedDrain) client.behind = true
      else write(client)
    }
    this.#catchUp(behind, view)
  }

  /** The first look since somebody listens. */
  #look(): View {
    this.#last = this.live.view()
    this.#changes.next(this.#last)
    return this.#last
  }

  /** Nobody listens: what was told is of no use any more. */
  #rest(): void {
    this.#changes.forget()
    this.#last = undefined
  }

  #catchUp(clients: readonly Client[], view: View): void {
    const ready = clients.filter(({ response }) => !response.writableNeedDrain)
    const write = writer('view', view)
    for (const client of ready) {
      client.behind = false
      write(client)
    }
  }
}

type Message = { readonly monitors: readonly MonitorChange[] } & Pick<ViewChange, 'now'>

/** Writes a message to clients; what several ask for is made into text once. */
function writer(event: 'view' | 'change', message: Message): (client: Client) => void {
  const texts = new Map<string | undefined, string>()
  return ({ response, monitor }) => {
    let text = texts.get(monitor)
    if (text === undefined) {
      const monitors = monitor === undefined ? message.monitors : message.monitors.filter(({ name }) => name === monitor)
      text = `event: ${event}\ndata: ${JSON.stringify({ ...message, monitors })}\n\n`
      texts.set(monitor, text)
    }
    response.write(text)
  }
}
