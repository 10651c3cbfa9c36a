import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { build } from '../../dashboards/board.js'
import { generatedFiles } from '../../dashboards/files.js'
import { boards } from '../../dashboards/index.js'
import { recordingRules } from '../../dashboards/rules/recording.js'
import { Metrics } from '../../pipelines/metrics.js'
import { pageAt, root } from '../docs/pages.js'
import { everyRule, ofAlertingRules, ofDashboards, ofRecordingRules, readsOf, variables } from './expressions.js'

const folder = join(root, 'dashboards/generated')

it('dashboards/generated is what the code makes now (else: npm run docs)', () => {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const committed = files.map(({ parentPath, name }) => join(parentPath, name))
  expect(Object.fromEntries(committed.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]))).toEqual(generatedFiles())
})

describe.each(boards.map((board) => [board.title, build(board)] as const))('the dashboard %s', (_title, board) => {
  const panels = (board.panels ?? []).flatMap((panel) => ('targets' in panel ? [panel] : []))

  it('has panels that each say what they show, in which unit, and when to worry', () => {
    expect(panels.length).toBeGreaterThan(5)
    for (const { title, description, fieldConfig, targets } of panels) {
      expect(title).toMatch(/^\S.*\S$/)
      expect(description, title).toMatch(/^[A-Za-z0-9].{20,}\.$/s)
      expect(fieldConfig?.defaults.unit, title).toMatch(/^\w+$/)
      expect(targets?.length, title).toBeGreaterThan(0)
    }
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
  })

  it('has an id of its own for every panel, and no two in one place', () => {
    const all = board.panels ?? []
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
    expect(all.every(({ id }) => Number.isInteger(id))).toBe(true)
    const cells = all.flatMap(({ gridPos }) => {
      const { x, y, w, h } = gridPos ?? { x: 0, y: 0, w: 0, h: 0 }
      expect(x + w).toBeLessThanOrEqual(24)
      return Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`)
    })
    expect(new Set(cells).size).toBe(cells.length)
  })

  it('asks only the data source that its reader has chosen', () => {
    const [variable] = board.templating?.list ?? []
    expect(variable).toMatchObject({ type: 'datasource', name: 'datasource', query: 'prometheus' })
    const uids = [...JSON.stringify(board).matchAll(/"datasource":\{"type":"([^"]*)","uid":"([^"]*)"/g)].map((match) => match.slice(1))
    expect(uids.length).toBeGreaterThan(panels.length)
    for (const uid of uids) expect(uid).toEqual(['prometheus', '$datasource'])
    expect(JSON.stringify(board).match(/"uid"/g)).toHaveLength(uids.length + 1)
  })

  it('names each of its queries', () => {
    for (const { title, targets } of panels) {
      const ids = (targets ?? []).map((target) => Reflect.get(target, 'refId'))
      expect(ids, title).toEqual([...'ABCDEF'].slice(0, ids.length))
    }
  })
})

describe('no expression names what the service does not export', () => {
  const suffixes = { counter: [''], gauge: [''], histogram: ['_bucket', '_sum', '_count'] }
  const scraped = ['job', 'instance']
  const known = new Map<string, readonly string[]>([['up', scraped]])
  for (const metric of new Metrics().registry.getMetricsAsArray()) {
    const labels = 'labelNames' in metric && Array.isArray(metric.labelNames) ? metric.labelNames.map(String) : []
    const type = String(metric.type) as keyof typeof suffixes
    for (const suffix of suffixes[type]) known.set(metric.name + suffix, [...labels, ...scraped, ...(suffix === '_bucket' ? ['le'] : [])])
  }
  for (const { record } of recordingRules) known.set(record, ['monitor'])

  it.each([...ofDashboards, ...ofRecordingRules, ...ofAlertingRules])('$where', ({ expr, shown }) => {
    const { selectors, grouping } = readsOf(expr.replaceAll(/\[\$__\w+\]/g, '[1m]'))
    for (const { metric, labels } of selectors) {
      expect(known.has(metric), metric).toBe(true)
      for (const label of labels) expect(known.get(metric), `${label} of ${metric}`).toContain(label)
    }
    const present = selectors.flatMap(({ metric }) => known.get(metric) ?? [])
    for (const label of [...grouping, ...shown.filter((word) => word !== 'value')]) expect(present, label).toContain(label)
  })

  it.each(variables)('$where', ({ selector, label }) => {
    const [{ metric, labels } = { metric: '', labels: [] }] = readsOf(selector).selectors
    for (const one of [...labels, label]) expect(known.get(metric), one).toContain(one)
  })
})

it('every recording rule is used, by a panel or by a rule', () => {
  const all = [...ofDashboards, ...ofRecordingRules, ...ofAlertingRules].map(({ expr }) => expr)
  for (const { record } of recordingRules)
    expect(
      all.some((expr) => expr.includes(record)),
      record,
    ).toBe(true)
})

describe.each(everyRule)('the rule $alert', ({ alert, summary, description, expr }) => {
  it('has a runbook that says what it means, what to look at and what to do, and the rule as it is', () => {
    const path = `docs/runbooks/${alert}.md`
    expect(existsSync(join(root, path)), path).toBe(true)
    const { prose, blocks } = pageAt(path)
    expect([...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading)).toEqual([
      alert,
      'What it means',
      'What to look at',
      'What to do',
    ])
    expect(blocks.filter(({ language }) => language === 'promql').map(({ code }) => code.trim())).toEqual([expr])
  })

  it('says in one line what is wrong, then what that means', () => {
    expect(summary).toMatch(/^\S.{10,100}$/)
    expect(description).toMatch(/\.$/)
  })
})

it('there is no runbook without a rule', () => {
  const pages = readdirSync(join(root, 'docs/runbooks')).map((file) => file.replace('.md', ''))
  expect(pages.sort()).toEqual(everyRule.map(({ alert }) => alert).sort())
})
