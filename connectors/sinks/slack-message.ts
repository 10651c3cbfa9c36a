import type { KnownBlock } from '@slack/types'
import { cut, type PageText } from '../../alerts/page-text.js'
import type { Severity } from '../../alerts/severity.js'
import { withoutEmphasis } from '../http/markup.js'

/** The body of a request to an incoming webhook. */
export interface SlackMessage {
  /** What notifications show. */
  readonly text: string
  readonly blocks: readonly KnownBlock[]
}

const HEADER_LENGTH = 150
const TEXT_LENGTH = 3000
const LINE_LENGTH = 500

const marks: Readonly<Record<Severity, string>> = { critical: '🟥', error: '🟧', warning: '🟨', info: '🟦' }
/** What a person reads first; the rest stands below in small print. */
const first: readonly string[] = ['what', 'since', 'sure', 'size', 'why', 'streams']

/** One message that is understood at a glance: what happened in large, what it rests on, then where to look. Within Slack's limits whatever comes in. */
export function slackMessage(page: PageText, severity: Severity, resolved: boolean): SlackMessage {
  const { title, headline, sections, explain, links, heatmap } = page
  const large = sections.filter(({ topic }) => first.includes(topic))
  const small = sections.filter(({ topic }) => !first.includes(topic))
  const shown = [...links, ...(heatmap === undefined ? [] : [{ label: 'Heatmap', url: heatmap }])]
  return {
    text: escaped(headline),
    blocks: [
      {
        type: 'header',
        text: {
          type: 'plain_text',
          text: cut(`${resolved ? '✅' : marks[severity]} ${withoutAngles(title)}`, HEADER_LENGTH),
          emoji: false,
        },
      },
      ...section(large.flatMap(lines)),
      ...context(small.flatMap(lines)),
      ...section(explain === undefined ? [] : [`\`\`\`${entities(cut(explain, 2 * LINE_LENGTH)).replaceAll('`', 'ˋ')}\`\`\``]),
      ...context(shown.map(({ label, url }) => `<${address(url)}|${label}>`)),
    ],
  }
}

const lines = ({ label, lines: [head, ...others] }: PageText['sections'][number]): string[] => [
  `*${label}*  ${escaped(head)}`,
  ...others.map((line) => `•  ${escaped(line)}`),
]

const section = (all: readonly string[]): KnownBlock[] => {
  const text = fitting(all)
  return text === '' ? [] : [{ type: 'section', text: { type: 'mrkdwn', text, verbatim: true } }]
}

const context = (all: readonly string[]): KnownBlock[] => {
  const text = fitting(all)
  return text === '' ? [] : [{ type: 'context', elements: [{ type: 'mrkdwn', text, verbatim: true }] }]
}

/** As many of the lines as one block takes; that there are more is said. */
function fitting(all: readonly string[]): string {
  const more = '\n…'
  let text = ''
  for (const line of all) {
    if (text.length + 1 + line.length > TEXT_LENGTH - more.length) return text + more
    text += text === '' ? line : `\n${line}`
  }
  return text
}

const entities = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** What a header does with entities is not said. */
const withoutAngles = (text: string): string => text.replaceAll('<', '‹').replaceAll('>', '›')

/** One line of text that mentions nobody, links nowhere and is not formatted; Slack has escapes for the first two only. */
const escaped = (text: string): string => withoutEmphasis(entities(cut(text, LINE_LENGTH)))

const address = (url: string): string => entities(url.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E'))
