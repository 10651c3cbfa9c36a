import { createHash } from 'node:crypto'

/** Longest name that an alert carries, in UTF-16 code units. */
export const NAME_LENGTH = 256

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/**
 * At most `max` characters of a name that others chose. A longer one keeps its head and ends in a hash of the whole,
 * so that different names stay different. Never cuts a character in half.
 */
export function bounded(name: string, max: number): string {
  if (name.length <= max) return name
  const tail = `~${sha256(name).slice(0, 16)}`
  const head = name.slice(0, max - tail.length)
  return (/[\uD800-\uDBFF]$/.test(head) ? head.slice(0, -1) : head) + tail
}

/**
 * Characters that CloudEvents forbids in attributes (controls, half surrogates, noncharacters), and those that would
 * break a line or reorder the text around them.
 */
const unprintable = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\p{Bidi_Control}\u2028\u2029]/gu

/** A name as one line of text: what cannot be shown is written as its code point. Never empty. */
export function printable(name: string): string {
  if (name === '') return '(empty)'
  return name.replace(unprintable, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}
