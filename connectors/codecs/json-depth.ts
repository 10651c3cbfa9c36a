/** Deepest nesting of a message. `JSON.parse` itself survives any depth, but a million levels take it most of a second. */
export const maxDepth = 1000

const [quote, backslash, open, close] = [0x22, 0x5c, 1, 2]
const bracket = new Uint8Array(256)
bracket[0x5b] = bracket[0x7b] = open
bracket[0x5d] = bracket[0x7d] = close

/** Whether JSON bytes nest deeper than `maxDepth`. Ordinary messages cost a search for two bytes: only many brackets are worth the scan. */
export function isTooDeep(bytes: Buffer): boolean {
  if (bytes.length <= 2 * maxDepth || !hasManyBrackets(bytes)) return false
  let depth = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === quote) i = endOfString(bytes, i)
    else if (bracket[byte] === open && ++depth > maxDepth) return true
    else if (bracket[byte] === close) depth--
  }
  return false
}

function hasManyBrackets(bytes: Buffer): boolean {
  let found = 0
  for (const byte of [0x5b, 0x7b]) {
    for (let at = bytes.indexOf(byte); at !== -1; at = bytes.indexOf(byte, at + 1)) if (++found > maxDepth) return true
  }
  return false
}

function endOfString(bytes: Buffer, start: number): number {
  let i = start + 1
  while (i < bytes.length && bytes[i] !== quote) i += bytes[i] === backslash ? 2 : 1
  return i
}
