import { describe, expect, it } from 'vitest'
import { image } from '../../../connectors/codecs/image.js'
import { Records } from '../../../connectors/records.js'
import { decode, makeCodec, recordOf } from '../../contract/codec-contract.js'
import { pictureOf, uriOf } from '../../contract/made-up-pictures.js'

const json = (content: unknown) => Records.of([recordOf(Buffer.from(JSON.stringify(content)))])
const picture = pictureOf([1, 2, 3])

describe('image', () => {
  it('takes the value itself, base64 out of a JSON message, or names where the picture is', () => {
    expect(makeCodec(image, {}).picture?.(Records.of([recordOf(picture)]), 0)).toEqual({ bytes: picture })
    const nested = makeCodec(image, { base64: 'camera.jpeg' })
    const lines = picture.toString('base64').replace(/.{4}/g, '$&\r\n')
    for (const text of [picture.toString('base64'), picture.toString('base64url'), lines])
      expect(nested.picture?.(json({ camera: { jpeg: text } }), 0)).toEqual({ bytes: picture })
    expect(makeCodec(image, { uri: 'at' }).picture?.(json({ at: uriOf([1, 2, 3]) }), 0)).toEqual({ uri: uriOf([1, 2, 3]) })
  })

  it.each([
    [{ base64: 'p' }, { p: 'no base64, but words' }, 'the field "p" is "no base64, but words"; expected a picture in base64'],
    [{ base64: 'p' }, { p: '' }, 'the field "p" is ""; expected a picture in base64'],
    [{ base64: 'p' }, { p: 7 }, 'the field "p" is 7; expected a picture in base64'],
    [{ base64: 'p.q' }, { p: {} }, 'the field "p.q" is nothing; expected a picture in base64'],
    [{ uri: 'p' }, { p: ['http://x'] }, 'the field "p" is an array of 1; expected a URI'],
    [{ uri: 'p' }, 7, 'the message is 7; expected a JSON object'],
  ])('of %j says what stands in the place of a picture', (options, content, detail) => {
    expect(makeCodec(image, options).picture?.(json(content), 0)).toEqual({ reason: 'undecodable', detail })
  })

  it('of a value that is empty says what it expected', () => {
    const empty = Records.of([recordOf(Buffer.alloc(0))])
    for (const [options, expected] of [
      [{}, 'a picture'],
      [{ base64: 'p' }, 'JSON with a picture'],
    ] as const)
      expect(makeCodec(image, options).picture?.(empty, 0)).toEqual({ reason: 'empty', detail: `the value is empty; expected ${expected}` })
  })

  it('names the feature of which the backbone makes no number', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(decode(makeCodec(image, {}), recordOf(pictureOf([1, bad, 3]))).rejection).toEqual({
        reason: 'not_finite',
        detail: `the backbone makes ${bad} of the picture as feature "beta"`,
      })
  })

  it('reads stream, time, id, label and group from fields beside the picture', () => {
    const codec = makeCodec(
      image,
      { base64: 'p', stream: 'camera', time: 'at', id: 'shot.id', label: 'product', group: 'scene' },
      { groups: true },
    )
    const content = {
      p: picture.toString('base64'),
      camera: 'north',
      at: '2026-01-01T06:00:00Z',
      shot: { id: 12 },
      product: 'cap',
      scene: 9,
    }
    const { row, values } = decode(codec, recordOf(Buffer.from(JSON.stringify(content))))
    expect(row).toMatchObject({ stream: 'north', time: Date.UTC(2026, 0, 1, 6), id: '12', label: 'cap', group: '9' })
    expect(values).toEqual([1, 2, 3])
  })

  it('refuses both places of a picture, and fields of what has none', () => {
    const faults = (options: object) => image.schema.safeParse(options).error?.issues.map(({ path, message }) => [path.join('.'), message])
    expect(faults({ base64: 'a', uri: 'b' })).toEqual([['', 'needs either base64 or uri, and not both']])
    expect(faults({ stream: 'camera' })).toEqual([
      [
        'stream',
        'is "camera", but a picture has no fields; expected {key: true} or {header: name}, or the picture in a JSON message (base64 or uri)',
      ],
    ])
    expect(faults({ stream: { key: true }, time: { header: 'at' } })).toBeUndefined()
  })

  it('is not asked for rows of pictures that nobody has embedded', () => {
    const row = { values: new Float32Array(3), at: 0, stream: '', time: 0, id: undefined }
    expect(() => makeCodec(image, {}).decode(Records.of([recordOf(picture)]), 0, row)).toThrow('must be embedded before')
  })
})
