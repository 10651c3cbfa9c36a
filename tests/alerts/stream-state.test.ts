import { describe, expect, it } from 'vitest'
import { streamStatus } from '../../alerts/stream-state.js'

const facts = { records: 500, needed: 64, alarming: false, silent: false }

describe('what a stream is doing', () => {
  it.each([
    ['its first records', { records: 63 }, 'warming'],
    ['its first full window', { records: 64 }, 'watching'],
    ['an open alert', { alarming: true }, 'alarming'],
    ['an open alert before the first full window', { records: 1, alarming: true }, 'alarming'],
    ['silence', { silent: true }, 'no_data'],
    ['silence while an alert is open: the alert stays, the state says what is known', { silent: true, alarming: true }, 'no_data'],
    ['silence while warming', { silent: true, records: 1 }, 'no_data'],
  ])('%s', (_, changed, status) => {
    expect(streamStatus({ ...facts, ...changed })).toBe(status)
  })
})
