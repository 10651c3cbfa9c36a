import { randomUUID } from 'node:crypto'
import { access, constants, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { instant } from '../codecs/time.js'
import { writeDurably } from '../files/durable.js'
import { ioError } from '../files/file-error.js'
import { momentSelectorSchema, type Selectable, type Selector, selects } from './selector.js'

/** Which alerts call nobody, and until when. */
export interface Silence {
  readonly id: string
  readonly match: Selector
  /** ms since the epoch, by the wall clock. */
  readonly from: number
  readonly until: number
  readonly comment: string
  /** Where it was made, and can be ended. */
  readonly origin: 'configuration' | 'run time' | 'control message'
}

const comment = () =>
  z
    .string()
    .min(1)
    .max(256)
    .regex(/^\P{Cc}*$/u, { error: 'expected text without control characters' })

export const silenceFields = {
  match: momentSelectorSchema.describe('Which alerts are held back'),
  from: instant()
    .optional()
    .describe('When it begins; left out: at once')
    .meta({ examples: ['2026-03-01T20:00:00Z'] }),
  until: instant()
    .describe('When it ends')
    .meta({ examples: ['2026-03-01T23:00:00Z'] }),
  comment: comment().describe('Why, and who says so'),
}
export const endsAfterItBegins = ({ from, until }: { readonly from?: number | undefined; readonly until: number }): boolean =>
  from === undefined || until > from

export const silenceSchema = z.strictObject(silenceFields).refine(endsAfterItBegins, { path: ['until'], error: 'must be after from' })
export type WantedSilence = z.output<typeof silenceSchema>

const stored = z.array(
  z.strictObject({ id: z.string(), match: momentSelectorSchema, from: z.number(), until: z.number(), comment: comment() }),
)

/** Silences that are made at run time, and by control messages, at most, so long as they have not ended. */
const MOST = 100

/** There are as many silences as may be. */
export class TooManySilences extends Error {
  override readonly name = 'TooManySilences'
}

/** The silences of the process. Those that are made while it runs are in a file, and outlive it. */
export class Silences {
  readonly #configured: readonly Silence[]
  #made: readonly Silence[] = []
  /** By their ids in control messages. */
  readonly #heard = new Map<string, Silence>()
  /** Changes come one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  /** @param path of the file; undefined: none can be made at run time */
  constructor(
    configured: readonly WantedSilence[],
    private readonly path: string | undefined,
    private readonly now: () => number = Date.now,
  ) {
    this.#configured = configured.map(({ from = 0, ...silence }, i) => ({
      ...silence,
      id: `configuration-${i}`,
      from,
      origin: 'configuration',
    }))
  }

  /** Reads what was made by an earlier process. @throws Error that names the file and the mend */
  async load(): Promise<void> {
    if (this.path === undefined) return
    try {
      const made = stored.parse(JSON.parse(await readFile(this.path, 'utf8')))
      this.#made = made.map((silence) => ({ ...silence, origin: 'run time' }))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return mustBeWritable(this.path)
      const why = error instanceof Error ? error.message : String(error)
      throw new Error(`the silences in ${this.path} cannot be read (${why}); mend the file, or delete it to begin without any`, {
        cause: error,
      })
    }
  }

  /** Those that have not ended, also those that are yet to begin. */
  list(): readonly Silence[] {
    const now = this.now()
    return [...this.#configured, ...this.#made, ...this.#heard.values()].filter(({ until }) => until > now)
  }

  isActive({ from, until }: Silence): boolean {
    const now = this.now()
    return from <= now && now < until
  }

  /** The silence that holds an alert back now, the one that lasts longest. */
  covering(data: Selectable): Silence | undefined {
    const covering = this.list().filter((silence) => this.isActive(silence) && selects(silence.match, data))
    return covering.sort((one, other) => other.until - one.until)[0]
  }

  /** Resolves when it is on the disk. @throws TooManySilences */
  add({ from = this.now(), ...silence }: WantedSilence): Promise<Silence> {
    return this.#change(async (made) => {
      if (made.length >= MOST) throw tooMany()
      const added: Silence = { ...silence, from, id: randomUUID(), origin: 'run time' }
      await this.#keep([...made, added])
      return added
    })
  }

  /** Ends one that was made at run time, and gives it back; undefined: there is none. Resolves when the disk knows. */
  end(id: string): Promise<Silence | undefined> {
    return this.#change(async (made) => {
      const ended = made.find((silence) => silence.id === id)
      if (ended !== undefined) await this.#keep(made.filter((silence) => silence !== ended))
      return ended
    })
  }

  /** Takes in what a control message says, in place of what one with the same id said before. @throws TooManySilences */
  hear(id: string, { from = 0, ...silence }: WantedSilence): void {
    for (const [name, { until }] of this.#heard) if (until <= this.now()) this.#heard.delete(name)
    if (silence.until <= this.now()) this.#heard.delete(id)
    else if (this.#heard.size >= MOST && !this.#heard.has(id)) throw tooMany()
    else this.#heard.set(id, { ...silence, from, id, origin: 'control message' })
  }

  #change<Result>(change: (made: readonly Silence[]) => Promise<Result>): Promise<Result> {
    const done = this.#last.then(() => change(this.#made.filter(({ until }) => until > this.now())))
    this.#last = done.catch(() => undefined)
    return done
  }

  async #keep(made: readonly Silence[]): Promise<void> {
    if (this.path === undefined) throw new Error('no file for silences')
    const lines = made.map(({ origin: _, ...silence }) => silence)
    await writeDurably(this.path, Buffer.from(`${JSON.stringify(lines, null, 2)}\n`))
    this.#made = made
  }
}

const tooMany = () =>
  new TooManySilences(`there are ${MOST} silences already; end some, or match more alerts with one: * stands for any characters`)

/** Now, not when the first silence is made. */
const mustBeWritable = (path: string): Promise<void> =>
  access(dirname(path), constants.W_OK).catch((error) => {
    throw ioError(dirname(path), error, 'written')
  })
