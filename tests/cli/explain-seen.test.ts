import { expect, it } from 'vitest'
import { barFor } from '../../calibration/budget.js'
import type { Explanation, Judgement } from '../../cli/explain/explanation.js'
import { seenInPicture } from '../../cli/explain/seen.js'

const taps = [
  { name: 'f4', channels: 1, stride: 4, statistics: ['mean'] },
  { name: 'f16', channels: 1, stride: 16, statistics: ['mean'] },
]

/** A judgement at a limit of 100, whose score these features make up. */
function judgement(detector: string, shares: Readonly<Record<string, number>>, falseAlarmsPerDay = 1e-6): Judgement {
  const features = Object.entries(shares).map(([feature, share]) => ({
    feature,
    share,
    sigma: 1,
    value: 1,
    mean: 0,
    sd: 1,
    constant: false,
  }))
  const score = features.reduce((sum, { share }) => sum + share, 0)
  return { detector, score, limit: 100, falseAlarmsPerDay, pValue: 0.001, features }
}

/** A bar of one false alarm a day. */
const tens = Float64Array.from({ length: 10 }, (_, i) => i + 1)
const combined = { scores: tens.toReversed(), counts: tens, tailStart: 10, tailScale: 1, tailCount: 10 }
const bar = { ...barFor({ spanDays: 10, combined, ceiling: -9 }, 1, true), bar: 0 }
const seen = (judgements: Explanation['judgements'], moving = false) => seenInPicture({ judgements, missing: [], bar, moving }, taps)

const corruption = judgement('corruption', { 'f16.mean.0': 105 })

it('tells the depth of the detector of content, not of one that looks at a single tap', () => {
  const angular = judgement('angular', { 'f4.mean.0': 50, 'f16.mean.0': 150 })
  expect(seen([corruption, angular]).depths).toBe('parts 75 %, fine texture 25 % of angular')
  expect(seen([corruption, judgement('patch-distance', { 'patch.distance': 300 }), angular]).depths).toContain('of angular')
  expect(seen([corruption]).depths).toBeUndefined()
})

it('groups the features of the rarest detector and of each other one over its limit', () => {
  const groups = (...judgements: Explanation['judgements']) => seen(judgements).groups.map((one) => one.map(({ share }) => share))
  const [calm, loud] = [judgement('angular', { 'f4.mean.0': 30, 'f16.mean.0': 60 }), judgement('angular', { 'f4.mean.0': 130 })]
  expect(groups(corruption, loud)).toEqual([[105], [130]])
  expect(groups(corruption, calm)).toEqual([[105]])
  expect(groups(calm, corruption)).toEqual([[60, 30], [105]])
})

it('never says 1 times the limit', () => {
  expect(seen([corruption]).what).toContain('(1.05 times the limit)')
})

it('calls nothing unusual under every limit, unless feedback may have lowered one below the score', () => {
  const [near, far] = [judgement('angular', { 'f4.mean.0': 96 }, 2), judgement('angular', { 'f4.mean.0': 60 }, 4)]
  expect(seen([far], true).what).toBe('nothing unusual: under every limit')
  expect(seen([near], false).what).toBe('nothing unusual: under every limit')
  expect(seen([near], true).what).toBe('under every limit at fit, though feedback may have lowered that of angular below this score')
})
