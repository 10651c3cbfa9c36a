import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { json } from '../../../connectors/codecs/json.js'
import type { Fault } from '../../../connectors/generator/faults.js'
import { generatorSource, toRecord } from '../../../connectors/generator/generator.js'
import { featureNames, type Sample, type SystemOptions, samples } from '../../../connectors/generator/system.js'
import { decode, makeCodec } from '../../contract/codec-contract.js'
import { silent } from '../../contract/silent-logger.js'

const start = Date.UTC(2026, 0, 1)
const system: SystemOptions = { seed: 1, streams: ['a', 'b', 'c'], start, interval: 60_000, faults: [] }

const take = (options: SystemOptions, count: number, from = 0): Sample[] => {
  const taken: Sample[] = []
  for (const sample of samples(options, from)) {
    taken.push(sample)
    if (taken.length === count) break
  }
  return taken
}

const column = (rows: readonly Sample[], feature: string) => rows.map(({ values }) => values[featureNames.indexOf(feature)])
const mean = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length
/** Correlation of two series. */
const correlation = (x: readonly number[], y: readonly number[]) => {
  const [mx, my] = [mean(x), mean(y)]
  const covariance = (a: readonly number[], ma: number, b: readonly number[], mb: number) =>
    mean(a.map((value, i) => (value - ma) * (b[i] - mb)))
  return covariance(x, mx, y, my) / Math.sqrt(covariance(x, mx, x, mx) * covariance(y, my, y, my))
}

describe('generated rows', () => {
  it('are rounds of all streams, an interval apart', () => {
    expect(take(system, 4).map(({ row, stream, time }) => [row, stream, time])).toEqual([
      [0, 'a', start],
      [1, 'b', start],
      [2, 'c', start],
      [3, 'a', start + 60_000],
    ])
  })

  it('are the same wherever the reading began', () => {
    const all = take(system, 8000)
    fc.assert(
      fc.property(fc.nat(7900), (from) => {
        expect(take(system, 5, from)).toEqual(all.slice(from, from + 5))
      }),
      { numRuns: 30 },
    )
  })

  it('depend on the seed, and differ between streams', () => {
    expect(take({ ...system, seed: 2 }, 3)).not.toEqual(take(system, 3))
    const [a, b] = take(system, 2)
    expect(a.values).not.toEqual(b.values)
  })

  it('are messages that the json codec reads', () => {
    const codec = makeCodec(
      json,
      { features: [...featureNames], stream: 'service', time: 'ts', extra: 'reject' },
      { features: featureNames },
    )
    const [, , , sample] = take(system, 4)
    const { row, rejection, values } = decode(codec, toRecord(sample), featureNames.length)
    expect(rejection).toBeUndefined()
    expect(row).toMatchObject({ stream: 'a', time: start + 60_000 })
    expect(values).toEqual(Array.from(sample.values))
  })

  it('go on without end where no number of rows is set', async () => {
    const source = generatorSource.create(generatorSource.schema.parse({ rate: 0 }), { monitor: 'test', logger: silent })
    await source.connect()
    let delivered = 0
    for await (const event of source.read()) {
      if (event.kind === 'assigned') event.begin(1_000_000_000)
      if (event.kind === 'batch') {
        expect(event.lag).toBe(0)
        delivered += event.records.length
        if (delivered > 5000) await source.close()
      }
    }
    expect(delivered).toBeGreaterThan(5000)
  })
})

describe('the made-up system', () => {
  const week = take({ ...system, streams: ['a'] }, 7 * 1440)

  it('keeps its levels and links', () => {
    const [requests, cpu, memory] = ['requests_per_s', 'cpu', 'memory'].map((name) => column(week, name))
    expect(Math.abs(mean(requests) - 420)).toBeLessThan(10)
    expect(correlation(requests, cpu)).toBeGreaterThan(0.8)
    expect(Math.abs(correlation(requests, memory))).toBeLessThan(0.35)
  })

  it('remembers from one minute to the next', () => {
    const requests = column(week, 'requests_per_s')
    expect(correlation(requests.slice(1), requests.slice(0, -1))).toBeGreaterThan(0.7)
  })

  it('has a daily rhythm in the time of the data, small enough for the halves of a reference to agree', () => {
    const requests = column(week, 'requests_per_s')
    const hoursOf = (from: number, to: number) => requests.filter((_, i) => i % 1440 >= from * 60 && i % 1440 < to * 60)
    const swing = (mean(hoursOf(3, 9)) - mean(hoursOf(15, 21))) / 60
    expect(swing).toBeGreaterThan(0.4)
    expect(swing).toBeLessThan(1)
    const days = take(system, 4 * 1440 * 3)
    for (const name of featureNames) {
      const values = column(days, name)
      const middle = values.length / 2
      const level = mean(values)
      const spread = Math.sqrt(mean(values.map((value) => (value - level) ** 2)))
      expect(Math.abs(mean(values.slice(0, middle)) - mean(values.slice(middle))) / spread, name).toBeLessThan(0.3)
    }
  })
})

describe('faults', () => {
  const rows = 3000
  const single = { ...system, streams: ['a'] }
  const withFault = (fault: Fault, options: SystemOptions = single) => take({ ...options, faults: [fault] }, rows)
  const clean = take(single, rows)
  /** How far a feature is from where it would be, in its own unit. */
  const change = (faulty: readonly Sample[], feature: string, row: number) => column(faulty, feature)[row] - column(clean, feature)[row]

  it('burst: raises some features for its rows, and nothing else', () => {
    const faulty = withFault({ kind: 'burst', at: 100, rows: 10, size: 8 })
    expect(faulty.map(({ values }, i) => (values.every((value, j) => value === clean[i].values[j]) ? 0 : i)).filter((i) => i > 0)).toEqual(
      Array.from({ length: 10 }, (_, i) => 100 + i),
    )
    expect(change(faulty, 'latency_p95', 105)).toBeCloseTo(8 * 15, 2)
    expect(change(faulty, 'memory', 105)).toBe(0)
  })

  it('shift: grows to its size at half its rows and stays there', () => {
    const faulty = withFault({ kind: 'shift', at: 1000, rows: 1000, size: 2 })
    expect(change(faulty, 'memory', 1249)).toBeCloseTo(2 * 4 * 0.5, 2)
    expect(change(faulty, 'memory', 1999)).toBeCloseTo(2 * 4, 2)
    expect(change(faulty, 'memory', 2000)).toBe(0)
  })

  it('correlation: breaks a link, while each feature alone looks as always', () => {
    const faulty = withFault({ kind: 'correlation', at: 0, rows, size: 1 })
    const [requests, cpu] = ['requests_per_s', 'cpu'].map((name) => column(faulty, name))
    expect(Math.abs(correlation(requests, cpu))).toBeLessThan(0.3)
    expect(Math.abs(mean(cpu) - 52)).toBeLessThan(3)
  })

  it('hits its own stream only', () => {
    const clean = take(system, 300)
    const faulty = take({ ...system, faults: [{ kind: 'burst', at: 0, rows: 300, stream: 'b', size: 8 }] }, 300)
    expect(new Set(faulty.filter(({ values }, i) => values[2] !== clean[i].values[2]).map(({ stream }) => stream))).toEqual(new Set(['b']))
  })
})
