import { describe, expect, it } from 'vitest'
import { syntheticStreams } from '../../bench/null/synthetic.js'
import { type Fault, faults, type Size, sizes } from '../../bench/severity/faults.js'
import { severityReport } from '../../bench/severity/report.js'
import { injectAll, NOTHING, type Peak } from '../../bench/severity/trial.js'

const peaksOf = (scoreOf: (size: Size, system: number) => number): Peak[] =>
  faults.flatMap(({ kind }) => [0, 1].flatMap((system) => sizes.map((size) => ({ kind, system, size, score: scoreOf(size, system) }))))
const figuresOf = (report: string) =>
  Object.fromEntries([...report.matchAll(/^metric (\w+) (\S+)$/gm)].map(([, name = '', value]) => [name, Number(value)]))

describe('the report of injected faults', () => {
  it('compares sizes under one reference, and beside it across references', () => {
    const ordered = peaksOf((size, system) => size + 100 * system)
    expect(figuresOf(severityReport(ordered))).toEqual({ severity_cindex: 1, severity_tau_b: 1, severity_cindex_across: 0.75 })
  })

  it('ranks nothing below everything, and counts a tie half', () => {
    const report = severityReport(peaksOf((size) => (size < 2 ? NOTHING : 2.5)))
    // Of 15 pairs of sizes 8 are in order and 7 tied.
    expect(figuresOf(report)).toMatchObject({ severity_cindex: 0.7667 })
    expect(report).toMatch(/^one spike.* – \(0 %\) +– \(0 %\) +2\.50 \(100 %\) /m)
  })
})

describe('a fault', () => {
  const inject = ({ inject }: Fault, amount: number, t = 0) => {
    const row = Float64Array.from({ length: 8 }, (_, j) => j + 1)
    inject(row, amount, t, new Float64Array(8))
    return [...row]
  }

  it.each(faults)('of kind $kind touches three features, and more with its size', (fault) => {
    const moved = fault.amounts.map((amount) => {
      const row = inject(fault, amount, 128)
      expect(row.slice(3)).toEqual([4, 5, 6, 7, 8])
      return Math.abs(row[0] - 1)
    })
    expect(moved[0]).toBeGreaterThan(0)
    expect(moved.toSorted((a, b) => a - b)).toEqual(moved)
  })
})

it('raises more for more, through the fit and the replay that ship', async () => {
  const [stream] = syntheticStreams()
    .filter(({ kind }) => kind === 'independent')
    .map((one) => one.make())
    .filter(({ allowed }) => allowed === 20)
  const report = severityReport(await injectAll(stream, 0))
  expect(figuresOf(report).severity_cindex).toBeGreaterThan(0.9)
}, 120_000)
