import { lasting, percent, short } from '../../alerts/words.js'
import type { CalibrationView, PValues, ReferenceView } from '../../live/view.js'
import { calibrationSummary, pValueSummary } from '../model/summary.js'
import { counted, date, figure, perDay, zoned } from '../model/words.js'
import { Glyph, type Shape } from './glyph.js'

const verdictShape: Readonly<Record<CalibrationView['verdict'], Shape>> = {
  'on budget': 'watching',
  over: 'warning',
  under: 'warning',
  'too early': 'learning',
  'no promise': 'refused',
}

/** The budget asked beside the rate seen with its interval, on a scale of decades. */
export function Calibration({ calibration }: { readonly calibration: CalibrationView }) {
  const { askedPerDay: asked, seenPerDay: seen, interval, verdict, inAlarm, pegged } = calibration
  const [low, high] = scaleOf(calibration)
  const place = (rate: number) => `${(100 * Math.log(Math.max(rate, low) / low)) / Math.log(high / low)}%`
  return (
    <section class="calibration">
      <h3>
        Calibration{' '}
        <small>
          <Glyph shape={verdictShape[verdict]} /> {verdict}
        </small>
      </h3>
      <div class="scale" aria-hidden="true">
        {interval !== undefined && <i class="interval" style={{ left: place(interval[0]), right: `calc(100% - ${place(interval[1])})` }} />}
        <i class="asked" style={{ left: place(asked) }} />
        {seen !== undefined && <i class="seen" style={{ left: place(seen) }} />}
        <span class="low">{perDay(low)}</span>
        <span class="high">{perDay(high)}</span>
      </div>
      <p>{calibrationSummary(calibration)}</p>
      <p class="quiet">
        In alarm {percent(inAlarm)} of the time{pegged > 0 ? `; feedback at its bound in ${pegged} streams` : ''}. Dot: seen, line: its 95 %
        interval, mark: asked.
      </p>
    </section>
  )
}

/** Whole decades with room on both sides. */
function scaleOf({
  askedPerDay,
  seenPerDay = askedPerDay,
  interval = [askedPerDay, askedPerDay],
}: CalibrationView): readonly [number, number] {
  const low = Math.max(Math.min(askedPerDay, seenPerDay || askedPerDay, interval[0] || askedPerDay), askedPerDay / 100)
  const high = Math.max(askedPerDay, seenPerDay, interval[1])
  return [10 ** Math.floor(Math.log10(low / 1.5)), 10 ** Math.ceil(Math.log10(1.5 * high))]
}

/** Before so many p-values a histogram says nothing. */
const FEWEST = 200
const WIDTH = 120
const HEIGHT = 36

/** The p-values that each detector gave, against the line on which clean data lies. */
export const PValueCharts = ({ pValues }: { readonly pValues: readonly PValues[] }) => (
  <section class="p-values">
    <h3>
      p-values <small>flat along the line on clean data</small>
    </h3>
    {pValues.length === 0 ? (
      <p class="empty">None yet.</p>
    ) : (
      <div class="small-multiples">
        {pValues.map((one) => (
          <figure key={one.detector} title={pValueSummary(one)}>
            <Histogram counts={one.counts} />
            <figcaption>
              {one.detector}
              <br />
              <small>{lowestShare(one)}</small>
              <span class="unseen">{pValueSummary(one)}</span>
            </figcaption>
          </figure>
        ))}
      </div>
    )}
  </section>
)

/** Beside what is expected: the part of the lowest bin. */
function lowestShare({ counts }: PValues): string {
  const total = counts.reduce((sum, one) => sum + one, 0)
  return total < FEWEST ? counted(total, 'value') : `${percent(counts[0] / total)} below ${short(1 / counts.length)}`
}

function Histogram({ counts }: { readonly counts: readonly number[] }) {
  const expected = counts.reduce((sum, one) => sum + one, 0) / counts.length
  // The line lies at two fifths, so that there is room for too many and too few.
  const height = (n: number) => Math.min(HEIGHT, expected === 0 ? 0 : (n / expected) * 0.4 * HEIGHT)
  const step = WIDTH / counts.length
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={counts.map((n, i) => `M${i * step} ${HEIGHT}V${HEIGHT - height(n)}h${step - 0.7}V${HEIGHT}Z`).join('')} />
      <path class="uniform" d={`M0 ${HEIGHT * 0.6}H${WIDTH}`} />
    </svg>
  )
}

/** What normal is, and how far it can be relied on. */
export function Reference({ reference, now }: { readonly reference: ReferenceView | undefined; readonly now: number }) {
  if (reference === undefined) {
    return (
      <section class="reference">
        <h3>Reference</h3>
        <p>None: every stream is judged by its own past.</p>
      </section>
    )
  }
  const { version, fittedAt, rows, days, features, detectors, selfTest, status, sentence } = reference
  return (
    <section class="reference">
      <h3>
        Reference <small>{version}</small>
      </h3>
      <p class={selfTest === 'refused' ? 'refused' : ''}>
        <Glyph shape={selfTest === 'passed' ? 'watching' : 'refused'} /> self-test {selfTest}, calibration {status}
      </p>
      {selfTest === 'refused' && (
        <p>
          Its halves disagree, so the rarity of alerts means little. Fit a reference to data from a time without faults:{' '}
          <code>driftwatch fit</code>; <code>driftwatch doctor</code> says where the halves part.
        </p>
      )}
      <p>{sentence}</p>
      <p class="quiet">
        {fittedAt !== undefined && (
          <>
            <span title={zoned(fittedAt)}>
              Fitted {date(fittedAt)}, {lasting(now - fittedAt)} ago
            </span>
            {', to '}
          </>
        )}
        {figure(rows)} rows over {short(days)} days;{' '}
        <span title={features.join(', ')}>
          {features.length} {features.length === 1 ? 'feature' : 'features'}
        </span>
        ; detectors {detectors.join(', ')}.
      </p>
    </section>
  )
}
