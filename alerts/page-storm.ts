import { mainCauses } from './causes.js'
import { type AlertData, type AlertEvent, isAnomalyData } from './event.js'
import type { PageFacts } from './page-facts.js'
import { changed, moment, type PageSection, reference, section, worstOf } from './page-sections.js'
import { alertKinds, severities } from './severity.js'
import { cause, shown } from './summary.js'
import { count, multiple } from './words.js'

/** Streams that a page about a storm names. */
const NAMED = 20
const CAUSES = 5

/** "500 alerts in 480 streams (payments)" */
export function stormTitle(events: readonly AlertEvent[]): string {
  const streams = new Set(events.map(({ data }) => data.stream)).size
  return `${count(events.length)} alerts in ${count(streams)} ${streams === 1 ? 'stream' : 'streams'} (${shown(events[0].data.monitor)})`
}

/** What a page about several alerts says: how many of which kind, since when, what they have in common, which streams. */
export function stormSections(events: readonly AlertEvent[], facts: PageFacts): PageSection[] {
  const all = events.map(({ data }) => data)
  const [earliest] = all.map(({ since }) => since).sort()
  const afterDeploy = all.find(({ evidence }) => 'deploy' in evidence && evidence.deploy !== undefined)
  return [
    ...section('what', [counted(all, severities.toReversed(), 'severity'), counted(all, alertKinds, 'kind')]),
    ...section('since', [moment(earliest)]),
    ...section('size', strongest(all)),
    ...section('why', common(all)),
    ...section('changed', changed(afterDeploy ?? all[0], facts)),
    ...section('worst', worstOf(all[0]).slice(0, 1)),
    ...section('streams', named(all)),
    ...section('reference', reference(all[0], facts)),
  ]
}

const counted = <Field extends 'severity' | 'kind'>(all: readonly AlertData[], values: readonly AlertData[Field][], field: Field): string =>
  values
    .map((value) => [value, all.filter((data) => data[field] === value).length] as const)
    .filter(([, size]) => size > 0)
    .map(([value, size]) => `${count(size)} ${value}`)
    .join(', ')

/** The one that is farthest over its limit. */
function strongest(all: readonly AlertData[]): string[] {
  const open = all.filter(isAnomalyData).filter(({ transition }) => transition !== 'resolved')
  const [first] = open.toSorted((one, other) => other.evidence.effect - one.evidence.effect)
  return first === undefined ? [] : [`${shown(first.stream)}, the strongest: ${multiple(first.evidence.effect)} times the limit`]
}

/** The features that most of the alerts name first. */
function common(all: readonly AlertData[]): string[] {
  const sizes = new Map<string, number>()
  for (const { contributions } of all) {
    const [strongest] = mainCauses(contributions)
    if (strongest !== undefined) sizes.set(strongest.feature, (sizes.get(strongest.feature) ?? 0) + 1)
  }
  return [...sizes]
    .sort(([, one], [, other]) => other - one)
    .slice(0, CAUSES)
    .map(([feature, size]) => `${shown(feature)}: strongest in ${count(size)} of ${count(all.length)}`)
}

function named(all: readonly AlertData[]): string[] {
  const lines = all.slice(0, NAMED).map((data) => {
    const [strongest] = mainCauses(data.contributions)
    return `${shown(data.stream)}: ${data.severity} ${data.kind}${strongest === undefined ? '' : `, ${cause(strongest)}`}`
  })
  return all.length > NAMED ? [...lines, `and ${count(all.length - NAMED)} more`] : lines
}
