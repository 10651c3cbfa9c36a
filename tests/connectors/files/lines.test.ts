import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LineSplitter } from '../../../connectors/files/lines.js'

/** Feeds the content in pieces of the given lengths. */
const split = (content: Buffer, lengths: readonly number[], longest = 1000) => {
  const splitter = new LineSplitter(longest)
  const lines: Buffer[] = []
  let at = 0
  for (const length of [...lengths, content.length]) {
    lines.push(...splitter.push(content.subarray(at, at + length)))
    at += length
  }
  return [...lines, ...splitter.end()].map((line) => line.toString('latin1'))
}

describe('LineSplitter', () => {
  it.each([
    ['', []],
    ['\n', ['']],
    ['a', ['a']],
    ['a\n', ['a']],
    ['a\n\nb', ['a', '', 'b']],
    ['a\r\nb\r\n', ['a', 'b']],
    ['a\rb\n', ['a\rb']],
    ['\r\n\r', ['', '']],
  ])('cuts %j', (content, lines) => {
    expect(split(Buffer.from(content), [])).toEqual(lines)
  })

  it('cuts the same lines whatever the pieces', () => {
    const content = fc.array(fc.constantFrom('a', 'b', '\n', '\r', '\r\n'), { maxLength: 40 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(content, fc.array(fc.nat(8)), (text, lengths) => {
        expect(split(Buffer.from(text), lengths)).toEqual(split(Buffer.from(text), []))
      }),
    )
  })

  it('keeps one byte more than the limit of a line that is too long, and goes on with the next', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(8)), (lengths) => {
        expect(split(Buffer.from('12345\n123456\n1234567890\n1\n12345678'), lengths, 5)).toEqual([
          '12345',
          '123456',
          '123456',
          '1',
          '123456',
        ])
      }),
    )
  })
})
