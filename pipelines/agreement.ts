import type { ChartName } from '../calibration/charts.js'
import { lengthText } from '../detectors/window-shape.js'
import { mapOf } from '../kinds/feature-map.js'
import type { Composition, Kinds } from '../kinds/inputs.js'
import type { AlarmLogic, Reference } from '../references/reference.js'

/** What a configuration says of the things that the reference was calibrated with. */
export interface Calibrated {
  readonly detectors: readonly string[]
  readonly window: AlarmLogic['window']
  readonly charts?: readonly ChartName[]
  readonly adapt?: { readonly recency: number } | undefined
  readonly alerting: Pick<AlarmLogic, 'record' | 'drift'>
  /** Feature names in the order of the rows, where the configuration has them. */
  readonly features: readonly string[] | undefined
  readonly kinds?: Kinds | undefined
  readonly acceptRefused: boolean
  /** How pictures become features, where records are some. */
  readonly pictures?: object | undefined
}

const refit = 'run `driftwatch fit` again with this configuration, or change it back'

/**
 * Where configuration and reference disagree, one line each with the mend. Gap, k-of-n, window and detectors belong to the
 * calibration: with others its bar would open another number of alerts than was asked for.
 */
export function disagreements(config: Calibrated, reference: Reference): string[] {
  const { logic } = reference
  if ((config.pictures === undefined) !== (reference.backbone === undefined)) {
    const [records, fitted] = config.pictures === undefined ? ['vectors', 'pictures'] : ['pictures', 'vectors']
    return [`decode: records are ${records}, but the reference was fitted to ${fitted}: name another as reference.path, or ${refit}`]
  }
  const { features } = mapOf(reference)
  const pairs: readonly (readonly [path: string, configured: unknown, calibrated: unknown])[] = [
    ['detectors', [...config.detectors].sort(), Object.keys(reference.detectors).sort()],
    ['window', shape(affordable(config.window, logic.window)), shape(logic.window)],
    ['charts', [...(config.charts ?? [])].sort(), [...(logic.charts ?? [])].sort()],
    ['adapt.recency', config.adapt?.recency ?? null, reference.adaptation?.recency ?? null],
    ['alerting.record', rule(config.alerting.record), rule(logic.record)],
    ['alerting.drift', rule(config.alerting.drift), rule(logic.drift)],
    ['features', config.features ?? features, features],
    ...kindPairs(config.kinds, reference.inputs),
  ]
  const lines = pairs
    .filter(([, configured, calibrated]) => JSON.stringify(configured) !== JSON.stringify(calibrated))
    .map(
      ([path, configured, calibrated]) =>
        `${path} is ${JSON.stringify(configured)}, but the reference was calibrated with ${JSON.stringify(calibrated)}: ${refit}`,
    )
  return [...lines, ...refusal(config, reference)]
}

/** Where the reference runs as it is, but was fitted to other rows than the configuration asks for: a line with the mend. */
export function fittedOtherwise(unverified: boolean, { provenance: { purged } }: Reference): string | undefined {
  if (unverified === (purged !== undefined)) return undefined
  const fitted =
    purged === undefined
      ? 'to all of its rows, none dropped as a possible anomaly'
      : `without ${purged} rows, dropped as possible anomalies`
  return `reference.unverified is ${unverified}, but the reference was fitted ${fitted}: ${refit}`
}

/** Field by field, so that the one that differs is named. */
function kindPairs(
  configured: Kinds | undefined,
  calibrated: Kinds | undefined,
): [path: string, configured: unknown, calibrated: unknown][] {
  const none: Kinds = { optional: [], circular: {}, compositional: {} }
  const [one, other] = [configured ?? none, calibrated ?? none]
  const fields = (kind: 'circular' | 'compositional') =>
    [...new Set([...Object.keys(one[kind]), ...Object.keys(other[kind])])].map((name): [string, unknown, unknown] => [
      `kinds.${kind}.${name}`,
      inOrder(one[kind][name] ?? null),
      inOrder(other[kind][name] ?? null),
    ])
  return [
    ['kinds.optional', one.optional.toSorted(), other.optional.toSorted()],
    ['kinds.logits', one.logits?.toSorted() ?? [], other.logits?.toSorted() ?? []],
    ...fields('circular'),
    ...fields('compositional'),
  ]
}

/** A composition's fields in one order, whichever they were written in. */
const inOrder = (kind: number | Composition | null) =>
  typeof kind === 'object' && kind !== null ? { parts: kind.parts, total: kind.total, tolerance: kind.tolerance, floor: kind.floor } : kind

function refusal({ acceptRefused }: Calibrated, { selfTest, provenance }: Reference): string[] {
  if (selfTest.passed || acceptRefused) return []
  const { s1, s2, s3, worstFeature } = selfTest
  const who = provenance.parts.length > 0 ? 'the references it was merged from, or the halves of one,' : 'its halves'
  return [
    `the reference was REFUSED by its self-test: ${who} disagree (s1 ${s1.toPrecision(2)}, s2 ${s2.toPrecision(2)}, s3 ${s3.toPrecision(2)}; ` +
      `"${worstFeature}" moved most). Fit on data that cover the stream's normal range, or set reference.acceptRefused: true for unbudgeted alerts`,
  ]
}

/** Lengths of time as the configuration writes them. */
function shape(window: AlarmLogic['window']) {
  const { size, hop, longer = [] } = window
  if (window.by === undefined) return { size, hop, longer }
  const text = (length: number) => lengthText(window, length)
  return { size: text(size), hop: text(hop), longer: longer.map(text), least: window.least }
}
/** The configured window without the longer lengths that the fit has left out, because its rows were too few. */
const affordable = (window: AlarmLogic['window'], { longer: kept = [] }: AlarmLogic['window']): AlarmLogic['window'] => ({
  ...window,
  longer: (window.longer ?? []).filter((length) => kept.includes(length)),
})
const rule = ({ k, n, gap }: AlarmLogic['record']) => ({ k, n, gap })
