import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { reportSummary } from '../../cli/report-summary.js'
import type { Asset } from '../../live/assets.js'
import { Live } from '../../live/live.js'
import { reportedStreams, reportPage } from '../../live/report.js'
import type { StreamHistory, View } from '../../live/view.js'
import { batchOf, eventOf, partitionOf, streamsOf, subject } from './batches.js'

const hostile = ['</script><img src=x onerror=alert(1)>', '<!--<script>', "$& $' $1", '\u2028"\\', '\u001b[31mred']
const script = "const tag = '</script>'; console.log(`$&`, tag)"
const style = 'body { color: red } /* $` */'
const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8" /><link rel="stylesheet" href="page.css" /><script type="module" src="page.js"></script></head>
<body><div id="page"></div></body></html>`

const asset = (text: string): Asset => ({ type: '', etag: '', plain: Buffer.from(text), encoded: { br: Buffer.of(), gzip: Buffer.of() } })
const assets = new Map([
  ['index.html', asset(html)],
  ['page.js', asset(script)],
  ['page.css', asset(style)],
])

/** A view of streams with such names, and a history of each. */
function reported(names: readonly string[]): { view: View; histories: StreamHistory[] } {
  const live = new Live({ version: '1.2.3', streams: 1000, described: 1e6, stateOf: () => ({ is: 'ended' }) })
  live.close()
  const collector = live.collector('m', 1024)
  collector.begin({ ...subject, deviations: () => names.map((feature) => ({ feature, sigma: 1 })) })
  const partition = partitionOf()
  collector.adopted(partition, [])
  collector.graded(batchOf(partition, streamsOf(partition, names), Date.UTC(2026, 0, 1), (stream) => stream))
  collector.raised({ events: [eventOf(names[0], { severity: 'error', summary: `${names[0]}: anomalous records` })] })
  return { view: live.view(), histories: names.flatMap((name) => live.history('m', name) ?? []) }
}

describe('a report', () => {
  const { view, histories } = reported(hostile)
  const page = reportPage(assets, view, histories)
  const inside = (id: string): unknown =>
    JSON.parse(new RegExp(`<script type="application/json" id="${id}">(.*?)</script>`, 's').exec(page)?.[1] ?? '')

  it('holds the view and the histories as they are, whatever streams and features are called', () => {
    expect(inside('view')).toEqual(JSON.parse(JSON.stringify(view)))
    expect(inside('histories')).toEqual(JSON.parse(JSON.stringify(histories)))
  })

  it('has no markup but that of the page', () => {
    expect(page.match(/<[a-z!/][^>]*/gi)?.filter((tag) => /<img|onerror|<!--/.test(tag))).toEqual([])
    expect(page.match(/<script/g)).toHaveLength(3)
    expect(page.match(/<\/script/g)).toHaveLength(3)
  })

  it('runs the script and the style of the page and nothing else, and asks for nothing', () => {
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page) ?? []
    const [, inlined] = /<script type="module">(.*?)<\/script>/.exec(page) ?? []
    const [, styled] = /<style>(.*?)<\/style>/.exec(page) ?? []
    const hash = (text = '') => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
    expect(inlined).toBe(script.replace('</script', '<\\/script'))
    expect(styled).toBe(style)
    expect(policy).toBe(
      `default-src 'none'; script-src ${hash(inlined)}; style-src ${hash(styled)}; img-src data:; base-uri 'none'; form-action 'none'`,
    )
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('<style>'))
    expect(page).not.toMatch(/src="|href="/)
  })

  it('draws the streams with alerts first, then the most unusual ones, and not all of many', () => {
    const names = Array.from({ length: 50 }, (_, i) => `s${i}`)
    const { view, histories } = reported(names)
    const chosen = reportedStreams(view, (_, stream) => Number(stream.slice(1)))
    expect(chosen.slice(0, 3).map(({ stream }) => stream)).toEqual(['s0', 's49', 's48'])
    expect(chosen).toHaveLength(30)
    expect(histories).toHaveLength(50)
  })

  it('is summed up in lines that are harmless on a terminal', () => {
    const summary = reportSummary(reported(['\u001b[31mred']).view)
    expect(summary).not.toContain('\u001b')
    expect(summary.split('\n')).toEqual([
      'Report of m',
      '  period   2026-01-01 00:00 UTC to 2026-01-01 00:00 UTC (0 s), 1 records, 0 rejected',
      '  streams  1: 1 learning',
      '  alerts   1: 1 error',
      expect.stringMatching(/^ {2}budget {3}1\/day asked, 1,000\/day seen \(95 %: \d+ to [\d,]+\), too early$/),
      '  worst',
      '    error, \\u001b[31mred, record, 2026-01-01 00:00 UTC, still open',
      '      \\u001b[31mred: anomalous records',
    ])
  })
})
