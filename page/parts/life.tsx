import { lasting } from '../../alerts/words.js'
import type { AlertView } from '../../live/view.js'
import { reasonWords, type Stretch, stretches } from '../model/life.js'
import { Glyph } from './glyph.js'
import { Time } from './time.js'

/** What happened to an alert, from its opening on. */
export const Life = ({ alert, now }: { readonly alert: AlertView; readonly now: number }) => (
  <section class="life">
    <h3>
      Its life <small>in the data’s time; the clock’s on the right</small>
    </h3>
    <ol>
      {stretches(alert.life).map((stretch) => (
        <Step key={stretch.first.at} stretch={stretch} now={now} />
      ))}
      {alert.open && <li class="going-on">open for {lasting(lastAt(alert) - Date.parse(alert.latest.since))}</li>}
    </ol>
  </section>
)

const lastAt = ({ latest, life }: AlertView): number => Math.max(Date.parse(latest.at), life.at(-1)?.at ?? 0)

function Step({ stretch: { first, last, times }, now }: { readonly stretch: Stretch; readonly now: number }) {
  const { transition, severity, reason } = last
  return (
    <li>
      <Glyph shape={transition === 'resolved' ? 'quiet' : severity} />
      <span class="what">
        <b>{transition}</b> {transition === 'resolved' ? '' : <span class={`ink-${severity}`}>{severity}</span>}
        {times > 1 && <span class="quiet"> ×{times}</span>}
        <br />
        <span class="quiet">{reasonWords[reason]}</span>
      </span>
      <span class="when">
        <Time at={first.at} now={now} />
        <br />
        <span class="quiet">
          <Time at={first.seen} now={now} />
        </span>
      </span>
    </li>
  )
}
