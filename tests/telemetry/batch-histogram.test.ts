import fc from 'fast-check'
import { Histogram, Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { BatchHistogram } from '../../telemetry/batch-histogram.js'

const buckets = [-2, 0, 0.5, 3]

describe('the batch histogram', () => {
  it('shows what prom-client shows of the same values', async () => {
    const batch = fc.record({
      detector: fc.constantFrom('gaussian', 'hote"lling'),
      values: fc.array(fc.oneof(fc.double({ noNaN: true, min: -1e3, max: 1e3 }), fc.constantFrom(...buckets))),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(batch, { maxLength: 5 }), async (batches) => {
        const [ours, theirs] = [new Registry(), new Registry()]
        const batched = new BatchHistogram('rate', 'A rate.', ['detector'], buckets, ours)
        const plain = new Histogram({ name: 'rate', help: 'A rate.', labelNames: ['detector'], buckets: [...buckets], registers: [theirs] })
        for (const { detector, values } of batches) {
          if (values.length > 0) expect(batched.observeAll({ detector }, values)).toBe(0)
          for (const value of values) plain.observe({ detector }, value)
        }
        expect(await ours.metrics()).toBe(await theirs.metrics())
        expect(await ours.getMetricsAsJSON()).toMatchObject([{ name: 'rate', type: 'histogram' }])
        expect((await batched.get()).values.length).toBe((await plain.get()).values.length)
      }),
    )
  })

  it('leaves out what is not finite and says how many', async () => {
    const registry = new Registry()
    const histogram = new BatchHistogram('rate', 'A rate.', ['detector'], buckets, registry)
    expect(histogram.observeAll({ detector: 'x' }, Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY))).toBe(2)
    expect(await registry.metrics()).toContain('rate_count{detector="x"} 1')
  })

  it('has a series at zero when asked', async () => {
    const registry = new Registry()
    new BatchHistogram('rate', 'A rate.', ['detector'], buckets, registry).zero({ detector: 'x' })
    expect(await registry.metrics()).toContain('rate_bucket{le="+Inf",detector="x"} 0')
  })
})
