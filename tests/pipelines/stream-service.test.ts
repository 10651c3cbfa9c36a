import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { type StreamService, streamServices } from '../../pipelines/stream-service.js'
import { referenceOf } from '../../references/fit.js'
import { holdOut } from '../../references/held-out.js'
import { RowMemory } from '../../references/row-store.js'
import type { ReferenceRows } from '../../references/rows.js'
import { fitOptions, openTools, synthetic } from '../references/synthetic.js'

const tools = await openTools()
afterAll(() => tools.close())

const d = 3

interface Site {
  readonly seed: number
  readonly n?: number
  /** Of the first feature's mean, in its standard deviations. */
  readonly shift?: number
  readonly scale?: number
  readonly phi?: number
}

/** The mean and standard deviation of `synthetic`'s features. */
const meanOf = (j: number) => 100 * j
const deviationOf = (j: number) => (1 + j) * Math.sqrt(1.25)

function rowsOf({ seed, n = 2000, shift = 0, scale = 1, phi = 0 }: Site): Float64Array {
  return synthetic({ n, d, seed, phi }).map((value, at) => {
    const j = at % d
    return meanOf(j) + scale * (value - meanOf(j)) + (j === 0 ? shift * deviationOf(j) : 0)
  })
}

function together(sites: Readonly<Record<string, Site>>): ReferenceRows {
  const parts = Object.entries(sites).map(([name, site]) => ({ name, values: rowsOf(site) }))
  const n = parts.reduce((sum, { values }) => sum + values.length, 0) / d
  const store = new RowMemory(new Float64Array(n * d), d)
  let from = 0
  const streams = parts.map(({ name, values }) => {
    store.append(values)
    const range = { name, from, to: from + values.length / d }
    from = range.to
    return range
  })
  return { n, d, store, streams, first: 0, last: (n - 1) * 60_000, dropped: 0 }
}

/** By a budget that allows `k` alerts in all rows. */
async function services(sites: Readonly<Record<string, Site>>, k = 40): Promise<StreamService[]> {
  const rows = together(sites)
  const options = fitOptions(d, { shrinkage: 'light' })
  const heldOut = await holdOut(rows, options, tools)
  const reference = await referenceOf(heldOut, rows, options, tools)
  return (await streamServices(heldOut, reference, k / reference.calibration.spanDays, tools.matmul)) ?? []
}

const verdicts = (found: readonly StreamService[]) => Object.fromEntries(found.map(({ stream, better }) => [stream, better]))
const kinds = (found: readonly StreamService[], name: string) =>
  found.find(({ stream }) => stream === name)?.reasons.map(({ kind }) => kind)

describe('which reference serves a stream better', () => {
  it('the pooled one where the streams are alike, also where records resemble those before them', async () => {
    expect(verdicts(await services({ a: { seed: 1 }, b: { seed: 2 }, c: { seed: 3 } }))).toEqual({ a: 'pooled', b: 'pooled', c: 'pooled' })
    const slow = { a: { seed: 4, phi: 0.8 }, b: { seed: 5, phi: 0.8 }, c: { seed: 6, phi: 0.8 } }
    expect(verdicts(await services(slow))).toEqual({ a: 'pooled', b: 'pooled', c: 'pooled' })
  })

  it('its own where its mean is a standard deviation away', async () => {
    const found = await services({ north: { seed: 1 }, east: { seed: 2, shift: 1 } })
    expect(verdicts(found)).toEqual({ north: 'own', east: 'own' })
    expect(found.map(({ reasons: [reason] }) => reason)).toMatchObject([
      { kind: 'shift', feature: 'f0' },
      { kind: 'shift', feature: 'f0' },
    ])
    const { shift } = found[0]!.figures!
    // Half of the way to the other, in the spread of both together.
    expect(shift.value).toBeCloseTo(0.5 / Math.sqrt(1.25), 1)
  })

  it('its own where it varies so little that the others hide its shifts; they are served by the pool', async () => {
    const found = await services({ a: { seed: 1 }, quiet: { seed: 2, scale: 0.4 }, b: { seed: 3 }, c: { seed: 4 } })
    expect(verdicts(found)).toEqual({ quiet: 'own', a: 'pooled', b: 'pooled', c: 'pooled' })
    const [quiet] = found
    expect(kinds(found, 'quiet')).toEqual(expect.arrayContaining(['spread', 'excess']))
    expect(quiet?.reasons[0]?.kind).toBe('spread')
    expect(quiet?.figures?.spread.value).toBeCloseTo(0.4 / Math.sqrt((3 + 0.16) / 4), 1)
    expect(quiet?.figures?.excess.value).toBeLessThan(0.1)
  })

  it('its own, once it has the rows: those for 8 alerts of its share of the budget', async () => {
    const [east] = await services({ north: { seed: 1 }, east: { seed: 2, shift: 1 } }, 10)
    expect(east).toMatchObject({ better: 'later', rows: 2000, rowsNeeded: 3200 })
  })

  it('nobody knows with few rows, and a single stream has no choice', async () => {
    const found = await services({ a: { seed: 1 }, few: { seed: 2, n: 150 } })
    expect(verdicts(found).few).toBe('untold')
    expect(found.find(({ stream }) => stream === 'few')?.figures).toBeUndefined()
    expect(await services({ a: { seed: 1 } })).toEqual([])
  })

  it('says the same in whatever order the streams come', async () => {
    const sites = { a: { seed: 1 }, b: { seed: 2 }, quiet: { seed: 3, scale: 0.4 }, east: { seed: 4, shift: 2 }, few: { seed: 5, n: 100 } }
    const expected = verdicts(await services(sites))
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(Object.entries(sites), { minLength: 5 }), async (order) => {
        expect(verdicts(await services(Object.fromEntries(order)))).toEqual(expected)
      }),
      { numRuns: 4 },
    )
  })
})
