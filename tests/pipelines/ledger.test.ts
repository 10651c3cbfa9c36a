import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ledger } from '../../pipelines/ledger.js'

describe('ledger', () => {
  it('moves only up to the lowest unfinished batch', () => {
    const ledger = new Ledger(100)
    const first = ledger.begin(110)
    const second = ledger.begin(125)
    second()
    expect(ledger.position).toBe(100)
    first()
    expect(ledger.position).toBe(125)
    expect(ledger.pending).toBe(0)
  })

  it('is at the start before anything is finished', () => {
    expect(new Ledger(7).position).toBe(7)
  })

  it('refuses a batch that goes back', () => {
    const ledger = new Ledger(0)
    ledger.begin(10)
    expect(() => ledger.begin(9)).toThrow(/up to offset 9 was begun after one up to 10/)
  })

  it('never names a position beyond an unfinished batch, and reaches the end when all are finished', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(sizes, fc.infiniteStream(fc.nat()), (lengths, picks) => {
        const ledger = new Ledger(0)
        const ends = lengths.map((_, i) => lengths.slice(0, i + 1).reduce((sum, length) => sum + length, 0))
        const open = ends.map((end) => ({ end, finish: ledger.begin(end) }))
        while (open.length > 0) {
          const [done] = open.splice(picks.next().value % open.length, 1)
          done.finish()
          const lowestOpen = open.at(0)?.end
          const expected = lowestOpen === undefined ? ends.at(-1) : (ends[ends.indexOf(lowestOpen) - 1] ?? 0)
          expect(ledger.position).toBe(expected)
        }
        expect(ledger.pending).toBe(0)
      }),
    )
  })
})
