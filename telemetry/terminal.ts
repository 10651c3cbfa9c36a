const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36, inverseRed: '97;41' } as const
export type Colour = keyof typeof codes
export type Paint = (colour: Colour, text: string) => string

/** Paints text with ANSI codes, or leaves it plain. */
export const painter = (enabled: boolean): Paint =>
  enabled ? (colour, text) => `\u001b[${codes[colour]}m${text}\u001b[0m` : (_colour, text) => text

/** Whether a stream is a terminal that shows colours (NO_COLOR, TERM=dumb and FORCE_COLOR count). */
export const showsColour = (stream: { readonly isTTY?: boolean; hasColors?(): boolean }): boolean =>
  stream.isTTY === true && stream.hasColors?.() === true

// Control, format (bidirectional overrides, zero width), line and paragraph separators, lone surrogates.
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/**
 * Text from outside, made safe to print on a terminal: whatever could move the cursor, change colours or
 * reorder what stands beside it is shown as an escape such as \u001b, and it is cut to `max` characters.
 */
export function harmless(text: string, max = 200): string {
  const cut = text.length > max ? `${text.slice(0, max - 1)}…` : text
  return cut.replace(unprintable, (char) => `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`)
}
