import { z } from 'zod'
import type { AlertData } from '../../alerts/event.js'
import { rank, type Severity, severities } from '../../alerts/severity.js'
import { type Sink, type StandingAlert, through } from '../sink.js'
import { type Selectable, selectorSchema, selects } from './selector.js'

export const routeSchema = z.strictObject({
  severity: z.enum(severities).default('info').describe('The least severe alerts that it is told of, from the moment they are so severe'),
  match: selectorSchema.optional().describe('Which alerts it is told of; left out: all'),
})
export type Route = z.output<typeof routeSchema>

/** Whether an alert that is, or was, so severe goes this way. */
export const goes = ({ severity: least, match }: Route, data: Selectable, severity: Severity): boolean =>
  rank(severity) >= rank(least) && (match === undefined || selects(match, data))

/** Whether it did at its worst. Which detectors took part in it is not known, and taken for agreeing. */
export function wentBefore({ severity, match }: Route, standing: StandingAlert): boolean {
  const { detector: _, ...others } = match ?? {}
  return goes({ severity, match: others }, { ...standing, detectors: [] }, standing.peakSeverity)
}

/** The sink with the events of its route only: of an alert that was ever severe enough all from then on, so that who hears of it hears its end. */
export const routed = (sink: Sink, route: Route): Sink => ({
  ...through(sink, sink),
  write: async (event, signal) => {
    if (hasGone(route, event.data)) await sink.write(event, signal)
  },
  ...(sink.adopt && {
    adopt: (partition, open, notes) =>
      sink.adopt?.(
        partition,
        open.filter((standing) => wentBefore(route, standing)),
        notes,
      ),
  }),
})

/** Whether it does now or did before. */
export const hasGone = (route: Route, data: AlertData): boolean => goes(route, data, data.peakSeverity)
