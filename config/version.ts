import { createHash } from 'node:crypto'

/** The fields of a monitor that decide which alerts a given input and reference raise. */
export interface Decisive {
  readonly name: string
  readonly decode: { readonly type: string; readonly options: unknown }
  readonly features?: readonly string[] | undefined
  readonly kinds?: object | undefined
  readonly detectors: readonly string[]
  readonly window: object
  readonly charts?: readonly string[]
  readonly adapt?: object | undefined
  readonly alerting: object
  /** Decides what alerts say. */
  readonly control?: { readonly nameFor: number } | undefined
  /** So does this. */
  readonly heatmaps?: { readonly prefix: string; readonly overlay: boolean; readonly attach: number | undefined } | undefined
  /** Where there is no reference. */
  readonly ownPast?: object | undefined
  readonly limits: { readonly messageBytes: number; readonly forgetAfter: number }
}

const sorted = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value

/**
 * The version of a monitor's configuration: 12 hex digits of a hash over its decisive fields, resolved.
 * Ids of alerts contain it, so it must not change with what decides nothing: brokers, sinks, state, logs, order or
 * layout of the file, defaults written out. The reference has its own version. Secrets do not enter.
 */
export function monitorVersion({
  name,
  decode,
  features,
  kinds,
  detectors,
  window,
  charts = [],
  adapt,
  alerting,
  control,
  heatmaps,
  ownPast,
  limits,
}: Decisive): string {
  const decisive = {
    name,
    decode: { type: decode.type, options: decode.options },
    features,
    kinds,
    detectors,
    window,
    // Left out where there are none, as in versions that knew none.
    charts: charts.length > 0 ? charts.toSorted() : undefined,
    adapt,
    alerting,
    control,
    heatmaps,
    ownPast,
    limits: [limits.messageBytes, limits.forgetAfter],
  }
  return createHash('sha256').update(JSON.stringify(decisive, sorted)).digest('hex').slice(0, 12)
}
