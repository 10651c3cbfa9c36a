/** Shorter values would black out ordinary words. */
const SHORTEST = 4

/** Replaces every occurrence of the given values in a text, the longest first, since one may hold another. */
export function redactor(values: readonly string[]): (text: string) => string {
  const hidden = values.filter((value) => value.length >= SHORTEST).sort((one, other) => other.length - one.length)
  return (text) => hidden.reduce((redacted, value) => redacted.replaceAll(value, '[secret]'), text)
}
