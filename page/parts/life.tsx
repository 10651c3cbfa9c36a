import { lasting } from '../../alerts/words.js'
import type { AlertView } from '../../live/view.js'
import { lengthOf, reasonWords, type Stretch, stretches } from '../model/life.js'
import { Glyph } from './glyph.js'
import { Time } from './time.js'

interface Props {
  readonly alert: AlertView
  readonly dataNow: number
  /** Wall clock. */
  readonly now: number
}

/** What happened to an alert, from its opening on. */
export const Life = ({ alert, dataNow, now }: Props) => (
  <section class="life">
    <h3>
      Its life <small>data time, and below it when it was seen</small>
    </h3>
    <ol>
      {stretches(alert.life).map((stretch) => (
        <Step key={stretch.first.at} stretch={stretch} dataNow={dataNow} now={now} />
      ))}
      {alert.open && <li class="going-on">open for {lasting(lengthOf(alert, dataNow))}</li>}
    </ol>
  </section>
)

function Step({ stretch: { first, last, times }, dataNow, now }: { readonly stretch: Stretch } & Pick<Props, 'dataNow' | 'now'>) {
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
        <Time at={first.at} now={dataNow} />
        <br />
        <span class="quiet">
          <Time at={first.seen} now={now} />
        </span>
      </span>
    </li>
  )
}
