/** Shorter values would black out ordinary words; so would shorter pieces of base64. */
const SHORTEST = 4
const SHORTEST_BASE64 = 8

/**
 * Replaces every occurrence of the given values in a text, the longest first, since one may hold another: as they are, and as
 * JSON, a URL or base64 would write them, in base64 also inside something longer.
 */
export function redactor(values: readonly string[]): (text: string) => string {
  const hidden = [...new Set(values.filter((value) => value.length >= SHORTEST).flatMap(formsOf))].sort((a, b) => b.length - a.length)
  return (text) => hidden.reduce((redacted, value) => redacted.replaceAll(value, '[secret]'), text)
}

function formsOf(value: string): string[] {
  const url = encodeURIComponent(Buffer.from(value).toString())
  const base64 = [0, 1, 2].map((before) => alignedBase64(value, before)).filter((piece) => piece.length >= SHORTEST_BASE64)
  return [
    value,
    JSON.stringify(value).slice(1, -1),
    url,
    url.replaceAll('%20', '+'),
    ...base64.flatMap((piece) => [piece, piece.replaceAll('+', '-').replaceAll('/', '_')]),
  ]
}

/** What of the value's base64 is the same whatever stands around it, when a number of bytes that leaves `before` over threes stands before it. */
function alignedBase64(value: string, before: number): string {
  const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)])
  // 6 bits a character: the first ones mix with what stands before, the last one with what follows.
  return bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6))
}
