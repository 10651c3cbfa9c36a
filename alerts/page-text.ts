import type { AlertEvent } from './event.js'
import type { PageFacts, PageMatter } from './page-facts.js'
import { explainCommand, linksOf, type PageLink } from './page-links.js'
import { type PageSection, sectionsOf } from './page-sections.js'
import { stormSections, stormTitle } from './page-storm.js'
import { shown, subjects } from './summary.js'

/** A page in words, which every receiver shows in its own form. All text is printable: no control characters, no line breaks. */
export interface PageText {
  /** One line: how bad, what, which stream. */
  readonly title: string
  /** The title with what says most: the strongest cause, else what happened. */
  readonly headline: string
  readonly sections: readonly PageSection[]
  /** The command that explains the worst record, for a shell. */
  readonly explain: string | undefined
  readonly links: readonly PageLink[]
  /** The heatmap of the worst picture, where it has a URL. */
  readonly heatmap: string | undefined
}

export function pageText(page: PageMatter, facts: PageFacts): PageText {
  const [{ data }, ...others] = page.events
  const storm = others.length > 0
  const late = page.heldBack === undefined ? [] : [{ topic: 'what', label: 'Held back', lines: [shown(page.heldBack)] } as const]
  const heatmap = data.worst[0]?.heatmap
  const title = `${standing(page)}: ${storm ? stormTitle(page.events) : titleOf(data)}`
  const sections = storm ? stormSections(page.events, facts) : sectionsOf(data, facts)
  const told = sections.find(({ topic }) => topic === (storm ? 'what' : 'why')) ?? sections[0]
  return {
    title,
    headline: `${title}: ${storm ? told.lines[0] : beyondTitle(told.lines[0], data)}`,
    sections: [...sections, ...late],
    explain: explainCommand(data, facts.configFile),
    links: linksOf(facts.links ?? {}, data),
    heatmap: heatmap !== undefined && /^https?:/.test(heatmap) && URL.canParse(heatmap) ? new URL(heatmap).href : undefined,
  }
}

/** A summary without what the title has said of it: "over after 3 h, at worst error". Other lines as they are. */
function beyondTitle(line: string, { stream, kind }: AlertEvent['data']): string {
  const name = `${shown(stream)}: `
  if (!line.startsWith(name)) return line
  const rest = line.slice(name.length)
  const subject = kind === 'record' || kind === 'drift' ? `${subjects[kind]} ` : ''
  return rest.startsWith(subject) ? rest.slice(subject.length) : rest
}

/** "ERROR", and what has become of it. */
const standing = ({ transition, severity }: PageMatter): string =>
  ({
    opened: severity.toUpperCase(),
    escalated: `${severity.toUpperCase()} (raised)`,
    updated: `${severity.toUpperCase()} (still)`,
    resolved: 'RESOLVED',
  })[transition]

/** "drift of tenant-7 (payments)" */
function titleOf({ kind, evidence, stream, monitor }: AlertEvent['data']): string {
  const missing = 'trouble' in evidence && evidence.trouble === 'data_missing'
  const subject = {
    record: 'anomalous records in',
    drift: 'drift of',
    feed: missing ? 'no data from' : 'unusable records in',
    calibration: 'budget not held in',
    adaptation: 'reference adapted far for',
  }[kind]
  return `${subject} ${shown(stream)} (${shown(monitor)})`
}

/** The whole page as plain text, as long as it must be. */
export function plainText({ title, sections, explain, links, heatmap }: PageText): string {
  const width = Math.max(...sections.map(({ label }) => label.length))
  const blocks = sections.map(({ label, lines }) => lines.map((line, i) => `${(i === 0 ? label : '').padEnd(width)}  ${line}`).join('\n'))
  const ends = [
    ...(explain === undefined ? [] : [`${'Explain'.padEnd(width)}  ${explain}`]),
    ...(heatmap === undefined ? [] : [`${'Heatmap'.padEnd(width)}  ${heatmap}`]),
    ...links.map(({ label, url }) => `${label.padEnd(width)}  ${url}`),
  ]
  return [title, ...blocks, ...ends].join('\n')
}

/** At most `max` characters of a text, never half of one. */
export const cut = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
