import { expect } from 'vitest'

/** Arrays of one type with the same bytes are equal. Vitest would compare them number by number, which takes a hundred times as long. */
const equalBytes = (one: unknown, other: unknown): true | undefined => {
  if (!ArrayBuffer.isView(one) || !ArrayBuffer.isView(other) || one.constructor !== other.constructor) return undefined
  // Of arrays with other bytes Vitest finds the difference, and equal ones such as of two kinds of NaN.
  return Buffer.compare(bytesOf(one), bytesOf(other)) === 0 || undefined
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength)

expect.addEqualityTesters([equalBytes])
