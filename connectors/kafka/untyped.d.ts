declare module 'lz4js' {
  /** Decompresses one LZ4 block into `target` from `targetStart` on; returns the end of what it wrote. */
  export function decompressBlock(source: Uint8Array, target: Uint8Array, start: number, length: number, targetStart: number): number
  /** Compresses one block into `target`; returns its length, 0 when it does not shrink. `table` has 65,536 zeroed slots. */
  export function compressBlock(source: Uint8Array, target: Uint8Array, start: number, length: number, table: Uint32Array): number
  export function compressBound(length: number): number
}

declare module 'kafkajs-snappy' {
  export default function snappy(): {
    compress(encoder: { buffer: Buffer }): Promise<Buffer>
    decompress(data: Buffer): Promise<Buffer>
  }
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  export default class RequestQueue {
    readonly pending: readonly unknown[]
    scheduleCheckPendingRequests(): void
  }
}

declare module 'kafkajs/src/utils/long.js' {
  /** An integer of 64 bits that never changes. */
  export default class Long {
    readonly value: bigint
    static fromString(text: string): Long
    static fromValue(value: bigint | number | string | Long): Long
    add(other: Long | number): Long
    toString(): string
  }
}
