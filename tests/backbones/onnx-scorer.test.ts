import { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { listSupportedBackends } from 'onnxruntime-node'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ScorerOptions, startScorer } from '../../backbones/onnx-scorer.js'
import { executionProviders, type ScoreRequest, type Scorer } from '../../backbones/scorer.js'
import { gaussian } from '../../detectors/gaussian.js'
import { scoringGraph } from '../../detectors/scoring-graph.js'
import { type Whitening, whiten } from '../../detectors/whitening.js'
import { place } from '../../detectors/window-sums.js'
import { correlatedRows, fitRows, relativeError, rowOf } from '../detectors/samples.js'

const d = 5
const whitening: Whitening = await fitRows(correlatedRows(1, 400, d, 50, 3), 400, d)
const fitted = { detector: gaussian, fitted: { scalars: {}, tensors: {} } }

const optionsOf = (dtype: 'float32' | 'float64', changes: Partial<ScorerOptions> = {}): ScorerOptions => ({
  ...scoringGraph(whitening, [fitted], place(d, []), dtype),
  d,
  providers: ['cpu'],
  threads: 1,
  ...changes,
})

/** Rows in the stated precision, all of one segment unless told otherwise. */
function requestOf(rows: Float64Array, dtype: 'float32' | 'float64' = 'float64', segments?: readonly number[]): ScoreRequest {
  const n = rows.length / d
  const values = dtype === 'float32' ? Float32Array.from(rows) : Float64Array.from(rows)
  const count = Math.max(0, ...(segments ?? [0])) + 1
  return {
    values,
    n,
    segments: Int32Array.from(segments ?? Array(n).fill(0)),
    scores: [new Float32Array(n)],
    // What stands there does not matter.
    sums: new Float64Array(count * d).fill(7),
  }
}

/** One that this build of ONNX Runtime has not. */
const missing = executionProviders.find((name) => !listSupportedBackends().some((backend) => backend.name === name))!

describe('starting the scorer', () => {
  it('takes the first provider that works, and tells of each that does not and why', async () => {
    const told: string[] = []
    const onUnavailable = (provider: string, message: string) => told.push(`${provider}: ${message}`)
    const scorer = await startScorer(optionsOf('float64', { providers: [missing, 'cpu', missing], onUnavailable }))
    expect(scorer.provider).toBe('cpu')
    expect(told).toHaveLength(1)
    expect(told[0]).toMatch(new RegExp(`^${missing}: not in this build of ONNX Runtime \\(it has .*cpu.*\\)$`))
    await scorer.close()
  })

  it('refuses a provider by its name instead of quietly using the CPU', async () => {
    await expect(startScorer(optionsOf('float64', { providers: [missing] }))).rejects.toThrow(
      new RegExp(`no execution provider could be used \\(${missing}: not in this build.*add "cpu" to execution.providers`),
    )
  })

  it('says what is wrong with a model that no provider loads', async () => {
    await expect(startScorer(optionsOf('float64', { model: Uint8Array.of(1, 2, 3) }))).rejects.toThrow(/cpu: .*(protobuf|parsing|model)/i)
  })
})

describe.each(['float32', 'float64'] as const)('scores of %s rows', (dtype) => {
  let scorer: Scorer
  beforeAll(async () => {
    scorer = await startScorer(optionsOf(dtype))
  })
  afterAll(() => scorer.close())

  /** Deviations in sigma, from next to nothing up to the largest that is not clipped: sums of such numbers round. */
  const deviation = fc.oneof(
    fc.double({ min: -9, max: 9, noNaN: true }),
    fc.double({ min: -1e-9, max: 1e-9, noNaN: true }),
    fc.constantFrom(-1e6, 1e6),
  )
  const numbers = fc.array(deviation, { minLength: d, maxLength: 40 * d })
  const rowsOf = (values: readonly number[]): Float64Array => {
    const whole = Float64Array.from(values, (u, i) => whitening.mean[i % d] + whitening.scale[i % d] * u).subarray(
      0,
      Math.floor(values.length / d) * d,
    )
    return dtype === 'float32' ? Float64Array.from(Float32Array.from(whole)) : whole
  }

  it('equal the detector’s own in float64', async () => {
    await fc.assert(
      fc.asyncProperty(numbers, async (values) => {
        const rows = rowsOf(values)
        const { scores } = await scorer.score(requestOf(rows, dtype))
        const expected = Array.from({ length: rows.length / d }, (_, i) => gaussian.score(fitted.fitted, whitening, rowOf(rows, d, i)))
        for (const [i, score] of expected.entries()) expect(Math.abs(scores[0][i] - score) / Math.max(1, score)).toBeLessThan(1e-5)
      }),
      { numRuns: 40 },
    )
  })

  it('and the sums of the whitened rows do not depend on where a batch ends, to the last bit', async () => {
    await fc.assert(
      fc.asyncProperty(numbers, fc.nat(), async (values, at) => {
        const rows = rowsOf(values)
        const cut = d * (at % (rows.length / d))
        const whole = await scorer.score(requestOf(rows, dtype))
        const [left, right] = await Promise.all([rows.slice(0, cut), rows.slice(cut)].map((part) => partial(part)))
        expect(Float32Array.of(...left.scores, ...right.scores)).toEqual(whole.scores[0])
        expect(left.sums.map((sum, j) => sum + right.sums[j])).toEqual(whole.sums)
      }),
      { numRuns: 40 },
    )
  })

  const partial = async (rows: Float64Array): Promise<{ scores: Float32Array; sums: Float64Array }> => {
    if (rows.length === 0) return { scores: new Float32Array(0), sums: new Float64Array(d) }
    const { scores, sums } = await scorer.score(requestOf(rows, dtype))
    return { scores: scores[0], sums }
  }

  it('are summed per segment, long stretches and single rows', async () => {
    const segments = [...Array(11).fill(0), 1, 0, 2, 1, ...Array(16).fill(2)]
    const rows = rowsOf([...correlatedRows(2, segments.length, d)])
    const { sums } = await scorer.score(requestOf(rows, dtype, segments))
    const expected = new Float64Array(3 * d)
    for (const [i, segment] of segments.entries()) {
      for (const [j, z] of whiten(whitening, rowOf(rows, d, i)).entries()) expected[segment * d + j] += z
    }
    expect(relativeError(sums, expected)).toBeLessThan(1e-5)
  })
})

describe('the scoring worker', () => {
  const rows = correlatedRows(3, 8, d, 50, 3)
  let scorer: Scorer
  beforeAll(async () => {
    scorer = await startScorer(optionsOf('float64'))
  })
  afterAll(() => scorer.close())

  it('takes the request’s buffers, which may be longer than the rows, and hands them back', async () => {
    const request = { ...requestOf(rows), n: 3, scores: [new Float32Array(3)] }
    const { values, segments, scores, sums } = request
    const result = await scorer.score(request)
    expect([values.length, segments.length, scores[0].length, sums.length]).toEqual([0, 0, 0, 0])
    expect(result.values).toEqual(rows)
    expect(result.segments).toHaveLength(8)
    expect(result.scores[0]).toHaveLength(3)
  })

  it('answers in the order of the requests', async () => {
    const sizes = [8, 1, 5, 2, 7]
    const answers = await Promise.all(sizes.map((n) => scorer.score(requestOf(rows.slice(0, n * d)))))
    expect(answers.map(({ scores }) => scores[0].length)).toEqual(sizes)
  })

  it('stays usable after a request that it cannot score, and pairs the others with their answers', async () => {
    const short = { ...requestOf(rows.slice(0, d)), n: 4 }
    const away = requestOf(rows)
    structuredClone(away.values, { transfer: [away.values.buffer] })
    const [one, tooShort, detached, other] = await Promise.allSettled([
      scorer.score(requestOf(rows.slice(0, 2 * d))),
      scorer.score(short),
      scorer.score(away),
      scorer.score(requestOf(rows.slice(0, 3 * d))),
    ])
    expect(one).toMatchObject({ status: 'fulfilled', value: { scores: [{ length: 2 }] } })
    expect(tooShort).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(/^scoring failed on cpu: /) } })
    expect(detached).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(/^scoring failed on cpu: /) } })
    expect(other).toMatchObject({ status: 'fulfilled', value: { scores: [{ length: 3 }] } })
  })

  it('lets nobody wait for its answer when it is closed at work, and can be closed twice', async () => {
    const closed = 'the scoring worker is closed'
    const closing = await startScorer(optionsOf('float64'))
    const requests = Array.from({ length: 20 }, () => closing.score(requestOf(rows)))
    const settled = Promise.allSettled(requests)
    await Promise.all([closing.close(), closing.close()])
    for (const one of await settled) {
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ message: expect.stringContaining(closed) })
      else expect(one.value.scores[0]).toHaveLength(8)
    }
    await expect(closing.score(requestOf(rows))).rejects.toThrow(closed)
  })

  it('rejects what waits and what comes later when it has died', async () => {
    const posted = vi.spyOn(Worker.prototype, 'postMessage')
    const dying = await startScorer(optionsOf('float64'))
    await dying.score(requestOf(rows))
    const worker = posted.mock.contexts[0] as Worker
    posted.mockRestore()
    worker.postMessage('end')
    await expect(dying.score(requestOf(rows))).rejects.toThrow('the scoring worker exited with code 0')
    await expect(dying.score(requestOf(rows))).rejects.toThrow('the scoring worker exited with code 0')
    await dying.close()
  })
})
