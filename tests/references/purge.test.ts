import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { purge } from '../../references/purge.js'
import { asRows, openTools, synthetic } from './synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

describe('purge', () => {
  it('drops a fifth of the rows, those far from the others first, and keeps the order and the streams of the rest', async () => {
    const [n, d] = [1000, 3]
    const values = synthetic({ n, d, seed: 1 })
    // Every tenth row is far out, at a place of its own.
    for (let i = 0; i < n; i += 10) values.set([1e4 * (i + 1), -1e4 * (i + 7), 1e4 * (n - i)], i * d)
    const rows = asRows(values, d, 4)
    const kept = await purge(rows, tools.matmul)
    expect(kept.n).toBe(800)
    expect(kept.streams.at(-1)?.to).toBe(800)
    expect(kept.streams).toHaveLength(rows.streams.length)
    const left = kept.store.read(0, kept.n)
    expect(Math.max(...left.map(Math.abs))).toBeLessThan(1e4)
    const firsts = Array.from({ length: kept.n }, (_, i) => left[i * d])
    const order = Array.from({ length: n }, (_, i) => values[i * d])
    let at = -1
    for (const first of firsts) {
      at = order.indexOf(first, at + 1)
      expect(at).toBeGreaterThanOrEqual(0)
    }
    expect(rows.n).toBe(n)
  })

  it('keeps at least four fifths of rows that are all alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 50, max: 300 }), async (n) => {
        const kept = await purge(asRows(new Float64Array(n * 2).fill(7), 2), tools.matmul)
        expect(kept.n).toBe(n)
      }),
      { numRuns: 10 },
    )
  })
})
