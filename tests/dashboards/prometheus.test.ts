import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { featureNames } from '../../connectors/generator/system.js'
import { rulesFile } from '../../dashboards/rules/file.js'
import { Driftwatch, driftwatch, useProcesses } from '../kit/process.js'
import { Prometheus, prometheusOrSkip } from '../kit/prometheus.js'
import { chosen, type Expression, ofAlertingRules, ofDashboards, ofRecordingRules, readsOf, variables } from './expressions.js'

const { skip } = await prometheusOrSkip()

/** What the scenario gives no reason for, and why. A metric, or the place of an expression. */
const mayBeEmpty: Readonly<Record<string, string>> = {
  driftwatch_worker_restarts_total: 'only monitors of pictures have such workers (tests/e2e/hang.test.ts)',
}

/** Rules whose trouble the scenario has; those of all others must give nothing. */
const troubled: readonly string[] = [
  'DriftwatchWatchdog',
  'DriftwatchDeliveriesFailing',
  'DriftwatchDeadLettersRising',
  'DriftwatchProviderFellBack',
]
const maybeTroubled: readonly string[] = []

const streams = ['checkout-eu', 'checkout-us', 'search', 'payments', 'refused']

describe.skipIf(skip)(`a real Prometheus that scrapes a real service${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  let prometheus: Prometheus | undefined
  const ask = () => {
    if (prometheus === undefined) throw new Error('Prometheus has not been started')
    return prometheus
  }

  beforeAll(async () => {
    const control = join(place.folder, 'deploys.ndjson')
    await writeFile(control, `${JSON.stringify({ type: 'deploy', version: 'v1.4.2', at: '2026-03-05T00:00:00Z' })}\n`)
    const config = (source: object, more: object = {}) => ({
      metrics: { port: 0 },
      monitors: [
        {
          name: 'services',
          source: { generator: { interval: '1m', ...source } },
          decode: { json: { features: featureNames, stream: 'service', time: 'ts' } },
          detectors: ['gaussian', 'hotelling'],
          charts: ['cusum'],
          reference: { path: join(place.folder, 'reference') },
          alerting: { falseAlarmsPerDay: 1 },
          execution: { providers: ['cuda', 'cpu'] },
          sinks: [{ stdout: {} }],
          state: { memory: {} },
          deadLetters: { file: { path: join(place.folder, 'letters.ndjson') } },
          ...more,
        },
      ],
    })
    const normal = { streams: streams.slice(0, 4), start: '2026-03-01T00:00:00Z', seed: 1, rate: 0, rows: 4 * 1440 * 4 }
    const fitted = await driftwatch(['fit', '--config', await place.config('fit', config(normal))])
    expect(fitted.code, fitted.stderr).toBe(0)
    const live = {
      streams,
      start: '2026-03-05T00:00:00Z',
      seed: 2,
      rate: 500,
      faults: [
        { kind: 'burst', stream: 'checkout-eu', at: 1500, rows: 300, size: 5 },
        { kind: 'shift', stream: 'payments', at: 1500, rows: 100_000, size: 40 },
      ],
    }
    const nowhere = { webhook: { url: 'http://127.0.0.1:9/', secret: `whsec_${Buffer.alloc(32, 'x').toString('base64')}` } }
    const sinks = [{ stdout: {} }, { ...nowhere, required: false }]
    // One stream too many for the limit: its records become dead letters.
    const limits = { knownStreams: 4 }
    const service = new Driftwatch([
      'run',
      await place.config('run', config(live, { sinks, limits, control: { file: { path: control } } })),
    ])
    const target = new URL(await service.address()).host
    prometheus = await Prometheus.start(join(place.folder, 'prometheus'), target, rulesFile().replace('interval: 1m', 'interval: 1s'))
    await prometheus.until('sum(driftwatch_alerts_resolved_total{kind="record"}) > 0')
    await prometheus.until('driftwatch_stream_alert_open{kind="drift"}')
    await prometheus.until('driftwatch:budget_use:ratio7d')
    await prometheus.until('sum(driftwatch_delivery_failures_total) > 0')
  })
  afterAll(() => prometheus?.stop())

  const reason = ({ where, expr }: Expression) =>
    mayBeEmpty[where] ??
    readsOf(chosen(expr))
      .selectors.map(({ metric }) => mayBeEmpty[metric])
      .find((why) => why !== undefined)

  it.each(ofDashboards)('$where', async (expression) => {
    const answer = await ask().query(chosen(expression.expr))
    if (reason(expression) !== undefined) return
    expect(answer.length, expression.expr).toBeGreaterThan(0)
    expect(answer.filter(({ value }) => Number.isNaN(value))).toEqual([])
    for (const { metric } of answer) for (const label of expression.shown) expect(metric).toHaveProperty(label)
  })

  it.each(ofRecordingRules)('$where', async ({ where, expr }) => {
    const [answer, recorded] = await Promise.all([ask().query(expr), ask().query(where)])
    expect(answer.length).toBeGreaterThan(0)
    expect(recorded.length).toBeGreaterThan(0)
  })

  it.each(ofAlertingRules)('$where reads what is there, and gives something only where something is wrong', async (rule) => {
    for (const { text, metric } of readsOf(rule.expr).selectors)
      if (mayBeEmpty[metric] === undefined) expect((await ask().query(text)).length, text).toBeGreaterThan(0)
    const answer = await ask().query(rule.expr)
    if (maybeTroubled.includes(rule.where)) return
    expect(answer.length > 0).toBe(troubled.includes(rule.where))
  })

  it.each(variables)('$where', async ({ selector, label }) => {
    expect((await ask().labelValues(label, chosen(selector))).length).toBeGreaterThan(0)
  })

  it('sends alerts whose words are filled in, with a link to their runbook', async () => {
    const alerts = await ask().alerts()
    expect(alerts.map(({ labels }) => labels.alertname)).toEqual(expect.arrayContaining([...troubled]))
    for (const { labels, annotations } of alerts) {
      expect(`${annotations.summary} ${annotations.description}`).not.toMatch(/<|error|\{\{|NaN/)
      expect(annotations.runbook_url).toMatch(new RegExp(`/runbooks/${labels.alertname}\\.md$`))
      expect(labels.severity).toMatch(/^(none|warning|error|critical)$/)
    }
  })
})
