import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { DeadLetterComponent } from '../component.js'
import { type DeadLetter, type DeadLetterSink, SinkError } from '../sink.js'

const schema = z.strictObject({
  path: z.string().min(1).describe('The file, one JSON object per line; its folder is made when it is missing'),
})

/**
 * Dead letters as lines of JSON, appended and synced to the disk before `write` resolves:
 * `{origin: {topic, partition, offset}, reason, detail, timestamp, key, value}`, key and value in base64 or null.
 * A reader skips a line that is no JSON: what a failed write left of itself is not taken back, its letters follow whole.
 */
export const deadLetterFile: DeadLetterComponent<typeof schema> = {
  type: 'file',
  title: 'Appends dead letters to a file, one JSON object per line',
  schema,
  create: ({ path }) => new DeadLetterFile(path),
}

class DeadLetterFile implements DeadLetterSink {
  readonly name = 'file'
  /** Undefined while it is not open. */
  #file: FileHandle | undefined
  /** Whether the file ends in half a line, which a crash or a full disk left: the next letter begins on a line of its own. */
  #torn = false
  #last: Promise<void> = Promise.resolve()

  constructor(private readonly path: string) {}

  async connect(): Promise<void> {
    try {
      await mkdir(dirname(this.path), { recursive: true })
      this.#file = await open(this.path, 'a+', 0o600)
      this.#torn = await endsInHalfALine(this.#file)
    } catch (error) {
      throw this.#diskError(error)
    }
  }

  /** Writes come one after the other, however they are called. */
  async write(letters: readonly DeadLetter[], signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new SinkError('closed', true, `dead letters ${this.path}: stopped before the write began`)
    const written = this.#last.then(() => this.#append(letters.map(toLine).join('')))
    this.#last = written.catch(() => undefined)
    return written
  }

  async close(): Promise<void> {
    await this.#last
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #append(lines: string): Promise<void> {
    const file = this.#file
    if (file === undefined) throw new SinkError('closed', false, `dead letters ${this.path}: the file is not open`)
    try {
      await file.appendFile(this.#torn ? `\n${lines}` : lines)
      this.#torn = false
      await file.datasync()
    } catch (error) {
      this.#torn = true
      throw this.#diskError(error)
    }
  }

  #diskError(error: unknown): SinkError {
    const message = error instanceof Error ? error.message : String(error)
    const mend = 'free space on its disk or give this user the right to write it'
    return new SinkError('disk', true, `dead letters ${this.path}: cannot be written (${message}); ${mend}`, { cause: error })
  }
}

async function endsInHalfALine(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] !== 0x0a
}

const toLine = ({ origin: { topic, partition, offset }, reason, detail, timestamp, key, value }: DeadLetter): string =>
  `${JSON.stringify({
    origin: { topic, partition, offset },
    reason,
    detail,
    timestamp,
    key: key?.toString('base64') ?? null,
    value: value?.toString('base64') ?? null,
  })}\n`
