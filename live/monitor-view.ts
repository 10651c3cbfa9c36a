import type { AlertData } from '../alerts/event.js'
import { explainCommand } from '../alerts/page-links.js'
import { rateInterval } from '../calibration/count-interval.js'
import { shareInAlarm, testRealised } from '../calibration/realised.js'
import type { Collector } from './collector.js'
import type { HeldBackBy } from './held-back.js'
import { brief } from './stages.js'
import type { Subject } from './subject.js'
import type { AlertView, CalibrationView, MonitorState, MonitorView, RarityAxis } from './view.js'

/** `rateInterval` leaves out 5 % on each side; of each of two tries 2.5 %. */
const TWO_SIDED_95 = 2

/** Everything that is told of a monitor at present but histories; undefined before it knows how it judges. */
export function monitorView(name: string, state: MonitorState, collector: Collector, heldBack: HeldBackBy): MonitorView | undefined {
  const { subject } = collector
  if (subject === undefined) return undefined
  const { configVersion, unit, provider, axis, reference, needed, bar } = subject
  return {
    name,
    configVersion,
    state,
    unit,
    provider,
    axis: reference === undefined ? ownPastAxis(axis, daysOf(subject, collector)) : axis,
    ...(reference && { reference }),
    calibration: calibrationView(subject, collector),
    pipeline: collector.pipeline(),
    pValues: collector.pValues.show(),
    ...(collector.period && { period: collector.period }),
    changes: collector.changes(),
    streams: collector.streams.rows(needed, bar.status === 'REFUSED'),
    streamCount: collector.streamCount,
    alerts: collector.alerts.show((data) => extras(subject, collector, heldBack, data)),
    alertCount: collector.alerts.count,
    standing: collector.alerts.standing(heldBack),
  }
}

/** What streams' own pasts can tell grows with them. */
const ownPastAxis = (axis: RarityAxis, days: number): RarityAxis => (days > 0 ? { ...axis, resolution: brief(Math.log10(days)) } : axis)

const daysOf = ({ rowsPerDay }: Subject, { time }: Collector): number => time.evaluations / rowsPerDay

function calibrationView(subject: Subject, collector: Collector): CalibrationView {
  const { bar, dispersion } = subject
  const { time, streams } = collector
  const { budgetPerDay, reachablePerDay = budgetPerDay } = bar
  const alerts = time.opened
  const days = daysOf(subject, collector)
  return {
    askedPerDay: budgetPerDay,
    alerts,
    days: brief(days),
    ...(days > 0 && seen(alerts, days)),
    verdict:
      dispersion === undefined ? 'no promise' : verdicts[testRealised({ alerts, days, budgetPerDay: reachablePerDay, dispersion }).verdict],
    inAlarm: brief(shareInAlarm(time)),
    pegged: streams.pegged,
  }
}

function seen(alerts: number, days: number): Pick<CalibrationView, 'seenPerDay' | 'interval'> {
  const [least, most] = rateInterval(alerts, days, TWO_SIDED_95)
  return { seenPerDay: brief(alerts / days), interval: [brief(least), brief(most)] }
}

const verdicts = { over: 'over', under: 'under', within: 'on budget', untestable: 'too early' } as const

function extras(
  { file }: Subject,
  { gallery }: Collector,
  heldBack: HeldBackBy,
  data: AlertData,
): Pick<AlertView, 'explain' | 'picture' | 'suppressed'> {
  const explain = file === undefined ? undefined : explainCommand(data, file)
  const picture = gallery.find(data.worst.map(({ heatmap }) => heatmap))
  const suppressed = data.transition === 'resolved' ? undefined : heldBack(data)
  return { ...(explain !== undefined && { explain }), ...(picture && { picture }), ...(suppressed !== undefined && { suppressed }) }
}
