const newline = 0x0a
const carriageReturn = 0x0d

/**
 * Cuts a stream of bytes into lines without their line breaks (\n or \r\n). Memory is bounded whatever the input:
 * of a line over `longest` bytes the first `longest + 1` are kept, so that whoever checks the length sees it is too long.
 */
export class LineSplitter {
  #parts: Buffer[] = []
  #held = 0
  #open = false

  constructor(private readonly longest: number) {}

  /** The lines that this chunk completes. */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = []
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      this.#keep(chunk.subarray(start, end))
      lines.push(this.#take())
      start = end + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
    return lines
  }

  /** The last line, when the input did not end with a line break. */
  end(): Buffer[] {
    return this.#open ? [this.#take()] : []
  }

  #keep(part: Buffer): void {
    this.#open = true
    const room = this.longest + 1 - this.#held
    if (part.length === 0 || room <= 0) return
    const kept = part.subarray(0, room)
    this.#parts.push(kept)
    this.#held += kept.length
  }

  #take(): Buffer {
    const line = this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts, this.#held)
    this.#parts = []
    this.#held = 0
    this.#open = false
    return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line
  }
}
