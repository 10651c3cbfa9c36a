import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AnomalyData } from '../../alerts/event.js'
import { charts } from '../../calibration/charts.js'
import { conformalP } from '../../calibration/p-value.js'
import { CHART_NUMBERS, Charts } from '../../pipelines/charts.js'
import { uniforms } from '../detectors/samples.js'
import { World } from '../kit/world.js'
import { inputOf, live, type Subject } from './lives.js'
import { scorerOf, smallReference } from './reference.js'

const logic = { window: { size: 16, hop: 4 }, record: { k: 1, n: 1, gap: 5 }, drift: { k: 1, n: 1, gap: 3 } }
const ONSET = 400
const [log] = inputOf({
  seed: 22,
  dtype: 'float64',
  partitions: 1,
  streams: 1,
  each: 1200,
  // A ramp in steps, of less than half a standard deviation in all.
  faults: [0, 1, 2, 3].map((step) => ({ stream: 0, feature: 1, from: ONSET + 100 * step, count: 1200, sigma: 0.1 })),
  broken: () => false,
})

describe('a monitor with charts', () => {
  const subjects: Subject[] = []
  const drifts = async (names: readonly ('cusum' | 'ewma' | 'eprocess')[]): Promise<AnomalyData[]> => {
    const reference = await smallReference({ detectors: ['hotelling'], logic: { ...logic, ...(names.length > 0 && { charts: names }) } })
    const subject = { reference, dtype: 'float64' as const, scorer: await scorerOf(reference), alerting: { falseAlarmsPerDay: 10 } }
    subjects.push(subject)
    const world = new World('input', [log])
    await live(world, { steps: Number.POSITIVE_INFINITY, losing: 0, uniform: uniforms(1) }, subject)
    return world.events.flatMap(({ data }) => (data.kind === 'drift' ? [data] : []))
  }
  afterAll(() => Promise.all(subjects.map(({ scorer }) => scorer.close())))

  it('sees a ramp that no window shows, names the detector, and since when the chart has been rising', async () => {
    expect(await drifts([])).toEqual([])
    const [opened] = await drifts(['cusum'])
    expect(opened).toMatchObject({
      transition: 'opened',
      detectors: ['hotelling'],
      evidence: { chart: { name: 'cusum', detector: 'hotelling', value: expect.any(Number) } },
    })
    const { chart, score } = opened.evidence
    expect(chart!.value).toBe(score)
    expect(chart!.risingSinceOffset).toBeGreaterThan(ONSET - 100)
    expect(chart!.risingSinceOffset).toBeLessThan(opened.origin.offset)
    expect(Date.parse(chart!.risingSince)).toBe(Date.UTC(2026, 0, 1) + 1000 * chart!.risingSinceOffset)
    expect(opened.contributions[0].feature).toBe('f1')
    expect(opened.summary).toMatch(/rising since 2026-01-01T00:\d\d:\d\d.000Z \(cusum of hotelling\)/)
  })
})

describe('the charts of a stream', () => {
  let reference: Awaited<ReturnType<typeof smallReference>>
  beforeAll(async () => {
    reference = await smallReference({ detectors: ['hotelling'], logic: { ...logic, charts: ['cusum', 'ewma'] } })
  })

  it('step by the p that the calibration gives, and note where each rose above 0', () => {
    const { quantiles, evaluations } = reference.calibration
    const p = conformalP(quantiles.hotelling, evaluations.hotelling)
    const live = new Charts(reference, ['hotelling'])
    const state = new Float64Array(live.series.length * CHART_NUMBERS)
    const scores = [1, 1, 8, 9, 0.1, 0.1, 0.1, 7, 8]
    const expected = { cusum: 0, ewma: 0 }
    scores.forEach((score, i) => {
      for (const chart of ['cusum', 'ewma'] as const) expected[chart] = charts[chart](expected[chart], p(score), 4 / 16)
      live.step(state, [score], 1000 * i, i)
    })
    expect(live.values(state)).toEqual([expected.cusum, expected.ewma])
    expect(live.told(state, 0)).toEqual({ chart: 'cusum', detector: 'hotelling', value: expected.cusum, since: { time: 7000, offset: 7 } })
    expect(live.told(state, -1)).toBeUndefined()
  })
})
