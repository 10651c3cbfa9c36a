import { tmpdir } from 'node:os'
import { NamelessFile } from './nameless-file.js'

/** Row-major values; reference rows keep the precision that they arrived in. */
export type Values = Float32Array | Float64Array
export type Dtype = 'float32' | 'float64'

/** Rows of one width, appended one after the other and read again in any order. It holds the calling thread while it works. */
export interface RowStore {
  readonly dtype: Dtype
  /** Adds whole rows at the end. Throws an `Error` when there is no room for them. */
  append(values: Values): void
  /** Rows [from, to); not to be changed. */
  read(from: number, to: number): Values
  /** An empty store of the same kind and width with room for n rows. It is closed with this one, if not before. */
  another(n: number): RowStore
  /** Gives the rows up; may be called again. */
  close(): void
}

export const allocate = (dtype: Dtype, length: number): Values =>
  dtype === 'float32' ? new Float32Array(length) : new Float64Array(length)

/** In memory: appended rows fill the values that it was made with from their beginning. */
export class RowMemory implements RowStore {
  readonly dtype: Dtype
  #length = 0

  constructor(
    private readonly values: Values,
    private readonly d: number,
  ) {
    this.dtype = values instanceof Float32Array ? 'float32' : 'float64'
  }

  append(values: Values): void {
    this.values.set(values, this.#length)
    this.#length += values.length
  }

  read(from: number, to: number): Values {
    return this.values.subarray(from * this.d, to * this.d)
  }

  another(n: number): RowStore {
    return new RowMemory(allocate(this.dtype, n * this.d), this.d)
  }

  close(): void {}
}

/** In a nameless file. */
export class RowFile implements RowStore {
  readonly #file: NamelessFile
  /** Bytes. */
  #length = 0
  readonly #others: RowFile[] = []

  constructor(
    readonly dtype: Dtype,
    private readonly d: number,
  ) {
    this.#file = kept(() => new NamelessFile('rows'))
  }

  /** Rows so far. */
  get n(): number {
    return this.#length / (this.d * (this.dtype === 'float32' ? 4 : 8))
  }

  append(values: Values): void {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    kept(() => this.#file.write(bytes, this.#length))
    this.#length += bytes.length
  }

  read(from: number, to: number): Values {
    const values = allocate(this.dtype, (to - from) * this.d)
    const bytes = new Uint8Array(values.buffer)
    const start = from * this.d * values.BYTES_PER_ELEMENT
    if (!kept(() => this.#file.read(bytes, start))) throw new RangeError(`rows ${from} to ${to} are not all there`)
    return values
  }

  another(): RowFile {
    const other = new RowFile(this.dtype, this.d)
    this.#others.push(other)
    return other
  }

  close(): void {
    this.#file.close()
    for (const other of this.#others) other.close()
  }
}

function kept<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(
      `${tmpdir()}: reference rows could not be kept (${message}); give the folder more space, or name another one by the environment variable TMPDIR`,
      { cause: error },
    )
  }
}
