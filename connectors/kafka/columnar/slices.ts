import type { ByteColumn } from '../../records.js'

/** Byte strings within larger buffers: entry i is `buffers[i]` from `starts[i]` to `ends[i]`; null where the start is negative. */
export class SliceColumn implements ByteColumn {
  constructor(
    private readonly buffers: readonly Buffer[],
    private readonly starts: Int32Array,
    private readonly ends: Int32Array,
  ) {}

  size(index: number): number {
    const start = this.starts[index]
    return start < 0 ? -1 : this.ends[index] - start
  }

  at(index: number): Buffer | null {
    const start = this.starts[index]
    return start < 0 ? null : this.buffers[index].subarray(start, this.ends[index])
  }

  copy(index: number, target: Uint8Array, at: number): void {
    const { buffer, byteOffset } = this.buffers[index]
    const start = this.starts[index]
    // Half the price of Buffer.subarray.
    target.set(new Uint8Array(buffer, byteOffset + start, this.ends[index] - start), at)
  }
}
