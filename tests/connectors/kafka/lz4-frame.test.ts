import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeLz4Frame, encodeLz4Frame } from '../../../connectors/kafka/lz4-frame.js'

/** What the frames below hold: more than one block of 64 KiB. */
const text = Array.from({ length: 26_000 }, (_, i) => `${i % 37},`).join('')

/** Made with the reference implementation (python-lz4 4.4): 64 KiB blocks, block and content checksums, content size. */
const frames = {
  linked:
    'BCJNGFxAOhUBAAAAAABJcAEAAP9WMCwxLDIsMyw0LDUsNiw3LDgsOSwxMCwxMSwxMiwxMywxNCwxNSwxNiwxNywxOCwxOSwyMCwyMSwyMiwyMywyNCwyNSwyNiwyNywyOCwyOSwzMCwzMSwzMiwzMywzNCwzNSwzNixlAP////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////+DUDMxLDMy4eCKYx8AAAAPZQD///////////////////////////83UDQsMjUsKeufOQAAAAD5O2/p',
  independent:
    'BCJNGHxAOhUBAAAAAABqcAEAAP9WMCwxLDIsMyw0LDUsNiw3LDgsOSwxMCwxMSwxMiwxMywxNCwxNSwxNiwxNywxOCwxOSwyMCwyMSwyMiwyMywyNCwyNSwyNiwyNywyOCwyOSwzMCwzMSwzMiwzMywzNCwzNSwzNixlAP////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////+DUDMxLDMy4eCKY4QAAAD/ViwzMywzNCwzNSwzNiwwLDEsMiwzLDQsNSw2LDcsOCw5LDEwLDExLDEyLDEzLDE0LDE1LDE2LDE3LDE4LDE5LDIwLDIxLDIyLDIzLDI0LDI1LDI2LDI3LDI4LDI5LDMwLDMxLDMyZQD//////////////////////////9FQNCwyNSwCSGrOAAAAAPk7b+k=',
}

describe('LZ4 frames', () => {
  it.each(Object.entries(frames))('decodes a foreign frame of %s blocks', (_, frame) => {
    expect(decodeLz4Frame(Buffer.from(frame, 'base64')).toString()).toBe(text)
  })

  it('gives back any bytes, whether they shrink or not', () => {
    const long = fc.string({ maxLength: 20 }).map((word) => Buffer.from(word.repeat(8000)))
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 500 }), long), (data) => {
        expect(Buffer.compare(decodeLz4Frame(encodeLz4Frame(data)), data)).toBe(0)
      }),
    )
  })

  it('shrinks what repeats itself', () => {
    expect(encodeLz4Frame(Buffer.from(text)).length).toBeLessThan(text.length / 50)
  })

  it.each([
    ['no frame', Buffer.from('hello, world')],
    ['another version', Buffer.from([0x04, 0x22, 0x4d, 0x18, 0xa0, 0x40, 0x82, 0, 0, 0, 0])],
    ['a frame that is cut off', encodeLz4Frame(Buffer.from(text)).subarray(0, 40)],
  ])('refuses %s', (_, bytes) => {
    expect(() => decodeLz4Frame(bytes)).toThrow(/LZ4 frame/)
  })
})
