import { multiple, percent, rarity, sigmas } from '../../alerts/words.js'
import type { BudgetBar } from '../../calibration/calibration.js'
import { warmUpRows } from '../../calibration/detrend.js'
import type { Attribution } from '../../kinds/attribution.js'
import type { Reference } from '../../references/reference.js'
import { harmless, type Paint } from '../../telemetry/terminal.js'
import { type Output, paintFor, table } from '../terminal.js'
import { type Explanation, isNear, isOver, isUsual, type Judgement, telling } from './explanation.js'
import type { Found } from './find.js'
import type { SeenInPicture } from './seen.js'

const barWidth = 24
/** Of a backbone's, which tell a person little. */
const CHANNELS = 5
/** Four significant digits. */
const number = (value: number): string => String(Number(value.toPrecision(4)))
/** A value in the feature's unit, to about a hundredth of its spread. */
function inUnits(value: number, sd: number): string {
  const decimals = 2 - Math.floor(Math.log10(sd))
  return decimals > 12 || Math.abs(value) >= 1e15 ? String(Number(value.toPrecision(6))) : value.toFixed(Math.max(0, decimals))
}
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${number(Math.abs(value))}`

/** The explanation for people: how unusual the record is, and the `top` features that make it so. */
export function explanationReport(
  reference: Reference,
  found: Found,
  explanation: Explanation,
  top: number,
  out: Output,
  seen?: SeenInPicture,
): string {
  const paint = paintFor(out)
  return [
    table([
      ...facts(reference, found, explanation),
      ...(seen === undefined ? [] : [['seen', seen.what], ...(seen.depths === undefined ? [] : [['depth', seen.depths]])]),
    ]),
    ...notes(reference, found, explanation).map((note) => `${paint('yellow', 'note')}  ${harmless(note, 500)}`),
    ...telling(explanation.judgements).flatMap(({ detector, features }, i) => [
      '',
      paint('bold', detector),
      ...(seen === undefined ? [] : [contributions(seen.groups[i], top, paint, 'group'), '']),
      contributions(features, seen === undefined ? top : Math.min(top, CHANNELS), paint),
    ]),
  ].join('\n')
}

/** How rare a limit at the score would be exceeded, for people. */
export const rarityOf = (judgement: Omit<Judgement, 'features'>, { resolutionPerDay }: BudgetBar): string =>
  isUsual(judgement) ? 'usual' : rarity(judgement.falseAlarmsPerDay, resolutionPerDay)

function facts(reference: Reference, { place, stream, time }: Found, { judgements, bar, moving }: Explanation): string[][] {
  const { version, provenance } = reference
  const record = [place, ...(stream === '' ? [] : [`stream ${stream}`]), ...(Number.isNaN(time) ? [] : [new Date(time).toISOString()])]
  return [
    ['record', harmless(record.join(', '), 500)],
    ['reference', `${version}, ${provenance.rows.toLocaleString('en-GB')} rows of ${harmless(provenance.source)}`],
    ...judgements.flatMap((one) => [
      [
        one.detector,
        `score ${number(one.score)}, ${isOver(one) ? `${multiple(one.score / one.limit)} times` : `${percent(one.score / one.limit)} of`} the limit of ${number(one.limit)}`,
      ],
      ['rarity', `${isUsual(one) ? '' : 'a limit at this score would open alerts on clean data '}${rarityOf(one, bar)}`],
      ['p-value', number(one.pValue)],
    ]),
    ['budget', bar.sentence],
    ...(moving ? [['limits', 'those at fit; a run moves its own with the feedback (docs/calibration.md)']] : []),
  ]
}

function notes({ detrend, adaptation }: Reference, { earlier }: Found, explanation: Explanation): string[] {
  const { judgements, missing } = explanation
  const needed = warmUpRows(detrend)
  const seen = judgements.flatMap(({ features }) => features)
  const changed = new Set(seen.filter(({ constant, value, mean }) => constant && value !== mean).map(({ feature }) => feature))
  const near = judgements.filter((one) => isNear(one, explanation)).map(({ detector }) => detector)
  const all = [
    adaptation !== undefined &&
      'compared with the reference as it was fitted: a run compares with the copy of it that follows the stream (the alert names its version)',
    detrend > 0 && `values are compared around the slow mean of the stream, taken from its ${earlier} records before this one`,
    earlier < needed && `a run waits for ${needed} records before it judges a stream: this slow mean has not settled yet`,
    missing.length > 0 && `missing, so the record is judged by the others: ${missing.join(', ')}`,
    changed.size > 0 && `never varied in the reference, so not scored, but different here: ${[...changed].join(', ')}`,
    near.length > 0 && `over the limit where feedback has lowered it, by half a decade at most: ${near.join(', ')}`,
  ]
  return all.filter((note) => note !== false)
}

/** The strongest features, and what all others add up to. */
function contributions(features: readonly Attribution[], top: number, paint: Paint, head = 'feature'): string {
  const longest = Math.max(...features.map(({ share }) => Math.abs(share)), Number.MIN_VALUE)
  const rest = features.slice(top)
  const sum = rest.reduce((total, { share }) => total + share, 0)
  const lines = features.slice(0, top).map(({ feature, value, mean, sd, sigma, share, constant }) => {
    const deviation = constant ? 'constant' : sigmas(sigma)
    return [
      harmless(feature),
      inUnits(value, sd),
      `${inUnits(mean, sd)} ± ${number(sd)}`,
      deviation,
      signed(share),
      bar(share / longest, paint),
    ]
  })
  return table([
    [head, 'value', 'reference', 'deviation', 'share', ''],
    ...lines,
    ...(rest.length > 0 ? [[`${rest.length} more`, '', '', '', signed(sum)]] : []),
  ])
}

/** A share of the longest bar; light where the feature makes the record less unusual. */
const bar = (part: number, paint: Paint): string => {
  const length = Math.round(Math.abs(part) * barWidth)
  return part < 0 ? paint('dim', '░'.repeat(length)) : paint('red', '█'.repeat(length))
}
