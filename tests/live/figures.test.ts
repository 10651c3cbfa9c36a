import { describe, expect, it } from 'vitest'
import { PValueBins } from '../../live/p-values.js'
import { StageMeters } from '../../live/stages.js'

describe('p-values in bins', () => {
  it('count into 20 of equal width; 1 belongs to the last', () => {
    const bins = new PValueBins(['gaussian', 'knn'])
    for (const p of [0.0001, 0.049, 0.05, 0.999, 1]) bins.add(1, p)
    const [gaussian, knn] = bins.show()
    expect(gaussian).toEqual({ detector: 'gaussian', counts: new Array(20).fill(0) })
    expect(knn.counts).toEqual([2, 1, ...new Array(17).fill(0), 2])
  })

  it('forget by halves, so that what came lately shows', () => {
    const bins = new PValueBins(['gaussian'])
    for (let i = 0; i < 20_000; i++) bins.add(0, 0.5)
    expect(bins.show()[0].counts[10]).toBe(10_000)
    for (let i = 0; i < 10_000; i++) bins.add(0, 0.01)
    expect(bins.show()[0].counts).toEqual([5000, ...new Array(9).fill(0), 5000, ...new Array(9).fill(0)])
  })
})

describe('the figures of stages', () => {
  it('are those since the last look, in the order of the data; a stage with several batches at once worked no longer for it', () => {
    const meters = new StageMeters(['decode', 'score', 'grade'], 0)
    // Two batches in the worker at once, from 100 to 400 and from 200 to 500 ms.
    meters.add('score', 0.3, 400)
    meters.add('score', 0.3, 500)
    meters.add('decode', 0.1, 100)
    expect(meters.read(1000)).toEqual([
      { name: 'decode', batchesPerSecond: 1, p99: 0.1, busy: 0.1 },
      { name: 'score', batchesPerSecond: 2, p99: 0.3, busy: 0.4 },
    ])
    meters.add('score', 0.2, 1500)
    expect(meters.read(2000)).toEqual([
      { name: 'decode', batchesPerSecond: 0, p99: 0.1, busy: 0 },
      { name: 'score', batchesPerSecond: 1, p99: 0.3, busy: 0.2 },
    ])
  })
})
