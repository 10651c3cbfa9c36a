import { count, short } from '../alerts/words.js'
import type { BudgetBar } from '../calibration/calibration.js'
import { type BarOptions, barsOf } from '../pipelines/calibrate.js'
import type { Reason, Server, StreamService } from '../pipelines/stream-service.js'
import type { Estimate } from '../references/block-estimate.js'
import type { Reference } from '../references/reference.js'
import { harmless } from '../telemetry/terminal.js'
import { table } from './terminal.js'

const SHOWN = 10

/** In a line: how many of all streams the reference serves as well as one of their own would. A slow mean leaves nothing of short streams. */
export function servedLine(services: readonly StreamService[], streams: number): string {
  const { pooled, own, later } = countsOf(services)
  const untold = streams - pooled - own - later
  const untoldWords = untold === 0 ? '' : `, ${count(untold)} with too few rows to tell`
  if (own + later === 0) return `one reference serves ${untold === 0 ? 'all ' : ''}${count(pooled)}${untoldWords}`
  return `one reference serves ${count(pooled)} of ${count(streams)}, ${count(own + later)} would do better with their own${untoldWords}`
}

/** In a line: how many streams get a limit of their own under a budget; undefined where none does. */
export function ownBarsLine({ calibration, provenance }: Reference, bar: BudgetBar, options: BarOptions): string | undefined {
  const own = barsOf(calibration, bar, options).own.size
  return own === 0
    ? undefined
    : `${count(own)} of ${count(provenance.streams)} streams get one of their own: their alerts are not what their share allows`
}

/** The streams that a reference of their own would serve better, with why; undefined where there are none. */
export function servedTable(services: readonly StreamService[]): string | undefined {
  const better = services.filter(({ reasons }) => reasons.length > 0)
  if (better.length === 0) return undefined
  const rest = better.slice(SHOWN)
  const { own, later } = countsOf(rest)
  return [
    'Streams that a reference of their own would serve better, by held-out scores:',
    table([
      ['  stream', 'rows', 'mean off', 'own 1σ is', 'rarest 5 %', 'alerts', 'because'],
      ...better
        .slice(0, SHOWN)
        .map(({ stream, rows, rowsNeeded, better, figures, reasons: [reason] }) => [
          `  ${harmless(stream, 40)}`,
          count(rows),
          ...(figures === undefined
            ? ['', '', '', '']
            : [
                `${short(figures.shift.value)}σ`,
                `${short(figures.spread.value)}σ`,
                `${short(100 * RARE * figures.excess.value)} %`,
                `${figures.alerts} of ${short(figures.share)}`,
              ]),
          `${because(reason)}${better === 'later' ? `; ${wanting(rows, rowsNeeded)}` : ''}`,
        ]),
    ]),
    ...(rest.length === 0 ? [] : [`  and ${count(rest.length)} more, ${count(own)} with the rows for it and ${count(later)} without`]),
  ].join('\n')
}

const RARE = 0.05

/** One line of JSON per stream, for machines. */
export const servedLines = (services: readonly StreamService[], features: readonly string[]): string =>
  services.map((service) => `${JSON.stringify(plain(service, features))}\n`).join('')

function plain({ figures, ...service }: StreamService, features: readonly string[]) {
  if (figures === undefined) return service
  const { shift, spread, excess, alerts, share, likely } = figures
  const rounded = ({ value, error }: Estimate) => ({ value: digits(value), error: digits(error) })
  return {
    ...service,
    reasons: service.reasons.map((reason) => ({ ...reason, weight: digits(reason.weight), value: digits(reason.value) })),
    shift: { feature: features[shift.column], ...rounded(shift) },
    spread: { feature: features[spread.column], ...rounded(spread) },
    excess: rounded(excess),
    alerts: { opened: alerts, share: digits(share), likely: likely.map(digits) },
  }
}

const because = (reason: Reason): string => {
  switch (reason.kind) {
    case 'spread':
      return `narrow in ${harmless(reason.feature, 40)}: the pool hides its shifts`
    case 'shift':
      return `its mean is elsewhere in ${harmless(reason.feature, 40)}`
    case 'excess':
      return reason.value > 1 ? 'wide: more of it than of others is rare to the pool' : 'narrow: hardly any of it is rare to the pool'
    case 'alerts':
      return 'its alerts are far from its share'
  }
}

const wanting = (rows: number, needed: number): string => `has ${count(rows)} of the ${count(needed)} rows that it takes`

function countsOf(services: readonly StreamService[]): Record<Server, number> {
  const counts: Record<Server, number> = { pooled: 0, own: 0, later: 0, untold: 0 }
  for (const { better } of services) counts[better]++
  return counts
}

const digits = (value: number): number => Number(value.toPrecision(6))
