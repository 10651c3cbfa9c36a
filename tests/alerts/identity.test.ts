import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AlertSource, alertId, dedupKey, eventId } from '../../alerts/identity.js'
import { bounded, printable } from '../../alerts/names.js'
import { source } from './builders.js'

describe('alert ids', () => {
  it('are the hash of what the episode is: 128 bits in hex, the same for ever', () => {
    expect(alertId(source, 42)).toBe('cb2131cbb1dbc8f7e8523d4326749bc0')
    expect(eventId(alertId(source, 42), 2)).toBe(`${alertId(source, 42)}-2`)
  })

  it.each<[string, Partial<AlertSource>]>([
    ['monitor', { monitor: 'orders' }],
    ['stream', { stream: 'checkout-us' }],
    ['kind', { kind: 'drift' }],
    ['topic', { topic: 'other' }],
    ['partition', { partition: 4 }],
    ['configuration', { configVersion: 'c2' }],
    ['reference', { referenceVersion: 'r2' }],
    ['border between two fields', { monitor: 'payments","checkout-eu', stream: '' }],
  ])('differ by %s', (_, changed) => {
    expect(alertId({ ...source, ...changed }, 42)).not.toBe(alertId(source, 42))
  })

  it('differ by the opening offset', () => {
    expect(alertId(source, 43)).not.toBe(alertId(source, 42))
  })
})

describe('dedup keys', () => {
  it('name monitor, stream and kind', () => {
    expect(dedupKey(source)).toBe('payments/checkout-eu/record')
  })

  it('stay within 255 characters and apart, whatever the names', () => {
    const name = fc.string({ unit: 'binary', maxLength: 400 })
    fc.assert(
      fc.property(name, name, name, (monitor, one, other) => {
        const [first, second] = [one, other].map((stream) => dedupKey({ monitor, stream, kind: 'drift' }))
        expect(first.length).toBeLessThanOrEqual(255)
        expect(first === second).toBe(one === other)
      }),
    )
  })

  it('do not mix up a slash in a monitor with one in a stream', () => {
    expect(dedupKey({ monitor: 'a/b', stream: 'c', kind: 'record' })).not.toBe(dedupKey({ monitor: 'a', stream: 'b/c', kind: 'record' }))
  })
})

describe('names', () => {
  it('are cut only when too long, never within a character, with a hash of the whole', () => {
    expect(bounded('x'.repeat(64), 64)).toBe('x'.repeat(64))
    expect(bounded('x'.repeat(65), 64)).toMatch(/^x{47}~[0-9a-f]{16}$/)
    expect(bounded('😀'.repeat(40), 64)).toMatch(/^(😀){23}~[0-9a-f]{16}$/u)
  })

  it('print as one line that nothing can hide in', () => {
    expect(printable('checkout-eu ü 😀')).toBe('checkout-eu ü 😀')
    expect(printable('a\nb\u202ec\u0000\ud800\u2028')).toBe('a\\u{a}b\\u{202e}c\\u{0}\\u{d800}\\u{2028}')
    expect(printable('')).toBe('(empty)')
  })
})
