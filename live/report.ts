import { createHash } from 'node:crypto'
import type { Asset } from './assets.js'
import type { MonitorView, StreamHistory, View } from './view.js'

/** Streams of each monitor that a report draws, at most, and characters of all histories. */
const STREAMS = 30
const CHARACTERS = 8_000_000

/** What a report is made of. */
export interface Reported {
  readonly view: View
  readonly histories: readonly StreamHistory[]
}

/** A stream of a monitor. */
export interface StreamName {
  readonly monitor: string
  readonly stream: string
}

/** The streams that a report draws: those with alerts, the most urgent first, then the most unusual ones. */
export function reportedStreams({ monitors }: View, peakOf: (monitor: MonitorView, stream: string) => number): StreamName[] {
  return monitors.flatMap((monitor) => {
    const listed = new Set(monitor.streams.map(({ name }) => name))
    const alarmed = monitor.alerts.map(({ latest }) => latest.stream).filter((stream) => listed.has(stream))
    const peaks = new Map([...listed].map((stream) => [stream, peakOf(monitor, stream)]))
    const unusual = [...listed].sort((one, other) => (peaks.get(other) ?? 0) - (peaks.get(one) ?? 0))
    return [...new Set([...alarmed, ...unusual])].slice(0, STREAMS).map((stream) => ({ monitor: monitor.name, stream }))
  })
}

/** The page with a view and histories inside, as one file that asks for nothing else. Histories that are too many are left out, the last first. */
export function reportPage(assets: ReadonlyMap<string, Asset>, view: View, histories: readonly StreamHistory[]): string {
  const textOf = (name: string): string => {
    const asset = assets.get(name)
    if (asset === undefined) throw new Error(`the built page has no ${name}`)
    return asset.plain.toString()
  }
  const script = textOf('page.js').replaceAll('</script', '<\\/script')
  const style = textOf('page.css').replaceAll('</style', '<\\/style')
  const page = [
    [/<link rel="stylesheet"[^>]*>/, `<style>${style}</style>`],
    [/<script [^>]*src=[^>]*><\/script>/, `<script type="module">${script}</script>`],
    [/<meta charset="utf-8"[^>]*>/, `<meta charset="utf-8" />\n${policyOf(script, style)}`],
    [/<body>/, `<body>\n${data('view', view)}\n${data('histories', fitting(histories))}`],
  ] as const
  return page.reduce((html, [place, text]) => replacedOnce(html, place, text), textOf('index.html'))
}

/** No `$` of the text is a pattern. */
function replacedOnce(html: string, place: RegExp, text: string): string {
  if (!place.test(html)) throw new Error(`the built page has nothing like ${place}`)
  return html.replace(place, () => text)
}

const policyOf = (script: string, style: string): string =>
  `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; img-src data:; base-uri 'none'; form-action 'none'" />`

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Nothing in it can end the element that it stands in, or begin another. */
const data = (id: string, value: unknown): string =>
  `<script type="application/json" id="${id}">${JSON.stringify(value).replaceAll('<', '\\u003c')}</script>`

function fitting(histories: readonly StreamHistory[]): readonly StreamHistory[] {
  let characters = 0
  return histories.filter((history) => {
    characters += JSON.stringify(history).length
    return characters <= CHARACTERS
  })
}
