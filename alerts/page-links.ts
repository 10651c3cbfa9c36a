import type { AlertData } from './event.js'
import { printable } from './names.js'
import type { PageLinks } from './page-facts.js'

export interface PageLink {
  readonly label: 'Dashboard' | 'Runbook'
  readonly url: string
}

type Place = 'monitor' | 'stream' | 'kind' | 'severity'
const placeholder = /\{(monitor|stream|kind|severity)\}/g

/** The template with the alert's names in it, encoded for a URL. */
const filled = (template: string, data: Pick<AlertData, Place>): string =>
  template.replace(placeholder, (_, place: Place) => encodeURIComponent(printable(data[place])))

/** The links of an alert, those that are configured. */
export function linksOf({ dashboard, runbook }: PageLinks, data: Pick<AlertData, Place>): PageLink[] {
  return [
    ...(dashboard === undefined ? [] : [{ label: 'Dashboard', url: filled(dashboard, data) } as const]),
    ...(runbook === undefined ? [] : [{ label: 'Runbook', url: filled(runbook, data) } as const]),
  ]
}

/** The command that explains the alert's worst record; undefined where it names none. */
export function explainCommand({ monitor, worst }: AlertData, configFile = 'FILE'): string | undefined {
  if (worst.length === 0) return undefined
  const { topic, partition, offset } = worst[0]
  const place = `${topic}/${partition}/${offset}`
  return `driftwatch explain --config ${quoted(configFile)} --monitor ${quoted(monitor)} --at ${quoted(place)}`
}

/** A word of a shell's command, whatever is in it. */
function quoted(word: string): string {
  const text = printable(word)
  return /^[\w./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
