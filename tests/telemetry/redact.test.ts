import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redactor } from '../../telemetry/redact.js'
import { formsOf } from '../kit/canaries.js'

describe('a redactor', () => {
  const secret = fc.tuple(fc.uuid(), fc.string({ unit: 'grapheme', maxLength: 30 })).map((parts) => parts.join(''))
  const other = fc.string({ maxLength: 20 })

  it('hides a value as it is and as JSON and a URL write it', () => {
    fc.assert(
      fc.property(secret, other, other, (value, before, after) => {
        const redact = redactor([value])
        const url = encodeURIComponent(value)
        for (const form of [value, JSON.stringify(value).slice(1, -1), url, url.replaceAll('%20', '+')]) {
          expect(redact(`${before}${form}${after}`)).toContain('[secret]')
        }
      }),
    )
  })

  it('hides a value in the base64 of something longer, wherever it stands', () => {
    fc.assert(
      fc.property(secret, other, other, fc.constantFrom('base64' as const, 'base64url' as const), (value, before, after, encoding) => {
        const text = redactor([value])(Buffer.from(before + value + after).toString(encoding))
        for (const form of formsOf(value)) expect(text).not.toContain(form)
        expect(text).toContain('[secret]')
      }),
    )
  })

  it('leaves ordinary text alone', () => {
    expect(redactor(['abc', 'a secret'])('abc YWJj and an open secret')).toBe('abc YWJj and an open secret')
  })
})
