import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { featureNames } from '../../connectors/generator/system.js'
import { ruleFiles } from '../../dashboards/rules/file.js'
import { freePort } from '../kit/free-port.js'
import { Driftwatch, driftwatch, useProcesses } from '../kit/process.js'
import { Prometheus, prometheusOrSkip, type Series } from '../kit/prometheus.js'
import { signingSecret } from '../kit/stage.js'
import { chosen, type Expression, ofAlertingRules, ofDashboards, ofRecordingRules, readsOf, variables } from './expressions.js'

const { skip } = await prometheusOrSkip()

/** What the scenario gives no reason for, and why. A metric, or the place of an expression. */
const mayBeEmpty: Readonly<Record<string, string>> = {
  driftwatch_worker_restarts_total: 'only monitors of pictures have such workers (tests/e2e/hang.test.ts)',
}

/** Rules that depend on the machine, or on how many alerts the faults have opened yet, and why. */
const eitherWay: Readonly<Record<string, string>> = {
  DriftwatchOverBudget: 'the faults open several alerts within the first day of data',
  DriftwatchEventLoopLate: 'on a busy machine the event loop is late',
}
/** Rules whose trouble the scenario has; all others must give nothing. */
const troubled: readonly string[] = [
  'DriftwatchWatchdog',
  'DriftwatchDeliveriesFailing',
  'DriftwatchDeadLettersRising',
  'DriftwatchProviderFellBack',
  'DriftwatchStreamAlert',
]

/** Midnight so many days ago: the reference must not be old, and the days begin as those of the seed. */
const midnight = (daysAgo: number) => new Date((Math.floor(Date.now() / 86_400_000) - daysAgo) * 86_400_000).toISOString()

const streams = ['checkout-eu', 'checkout-us', 'search', 'payments', 'refused']

/** Everything that is asked for, by its PromQL; of what Prometheus refuses the complaint. */
type Answers = ReadonlyMap<string, readonly Series[] | string>

async function askAll(prometheus: Prometheus): Promise<Answers> {
  const all = [...ofDashboards, ...ofRecordingRules, ...ofAlertingRules].map(({ expr }) => chosen(expr))
  const selectors = all.flatMap((expr) => readsOf(expr).selectors.map(({ text }) => text))
  const answers = new Map<string, readonly Series[] | string>()
  for (const expr of new Set([...all, ...selectors, ...ofRecordingRules.map(({ where }) => where)]))
    answers.set(expr, await prometheus.query(expr).catch((error) => String(error)))
  return answers
}

describe.skipIf(skip)(`a real Prometheus that scrapes a real service${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  let answers: Answers
  let found: ReadonlyMap<string, readonly string[]>
  let alerts: Awaited<ReturnType<Prometheus['alerts']>>

  beforeAll(async () => {
    const control = join(place.folder, 'deploys.ndjson')
    await writeFile(control, `${JSON.stringify({ type: 'deploy', version: 'v1.4.2', at: midnight(1) })}\n`)
    const port = await freePort()
    const fitted = await driftwatch(['fit', '--config', await place.config('fit', config(place.folder, port, normal))])
    expect(fitted.code, fitted.stderr).toBe(0)
    const rules = Object.values(ruleFiles).map((text) => text.replace('interval: 1m', 'interval: 1s'))
    const prometheus = await Prometheus.start(join(place.folder, 'prometheus'), `127.0.0.1:${port}`, { rules })
    try {
      const service = new Driftwatch(['run', await place.config('run', config(place.folder, port, live, trouble(control)))])
      for (const expr of [
        'sum(driftwatch_alerts_resolved_total{kind="record"}) > 0',
        'driftwatch_stream_alert_open{kind="drift"}',
        'driftwatch:budget_use:ratio7d',
        'sum(increase(driftwatch_delivery_failures_total[10s])) > 0',
        'up == 1',
      ])
        await prometheus.until(expr)
      answers = await askAll(prometheus)
      const asked = variables.map(
        async ({ where, selector, label }) => [where, await prometheus.labelValues(label, chosen(selector))] as const,
      )
      found = new Map(await Promise.all(asked))
      alerts = await prometheus.alerts()
      expect((await service.stop()).code).toBe(0)
    } finally {
      await prometheus.stop()
    }
  })

  const reason = ({ where, expr }: Expression) =>
    mayBeEmpty[where] ??
    readsOf(chosen(expr))
      .selectors.map(({ metric }) => mayBeEmpty[metric])
      .find((why) => why !== undefined)
  const answerTo = (expr: string): readonly Series[] => {
    const answer = answers.get(chosen(expr))
    if (typeof answer !== 'object') throw new Error(`${expr}: ${answer}`)
    return answer
  }

  it.each(ofDashboards)('$where', (expression) => {
    const answer = answerTo(expression.expr)
    expect(answer.length > 0, expression.expr).toBe(reason(expression) === undefined)
    expect(answer.filter(({ value }) => Number.isNaN(value))).toEqual([])
    for (const { metric } of answer) for (const label of expression.shown) expect(metric).toHaveProperty(label)
  })

  it.each(ofRecordingRules)('$where', ({ where, expr }) => {
    for (const one of [expr, where]) expect(answerTo(one).length, one).toBeGreaterThan(0)
  })

  it.each(ofAlertingRules)('$where reads what is there, and gives something only where something is wrong', ({ where, expr }) => {
    for (const { text, metric } of readsOf(expr).selectors) expect(answerTo(text).length > 0, text).toBe(mayBeEmpty[metric] === undefined)
    if (eitherWay[where] === undefined) expect(answerTo(expr).length > 0, expr).toBe(troubled.includes(where))
  })

  it.each(variables)('$where', ({ where }) => {
    expect(found.get(where)?.length).toBeGreaterThan(0)
  })

  it('sends alerts whose words are filled in, with a link to their runbook', () => {
    expect(alerts.map(({ labels }) => labels.alertname)).toEqual(expect.arrayContaining([...troubled]))
    for (const { labels, annotations } of alerts) {
      expect(`${annotations.summary} ${annotations.description}`).not.toMatch(/<|error|\{\{|NaN/)
      expect(annotations.runbook_url).toMatch(new RegExp(`/runbooks/${labels.alertname}\\.md$`))
      expect(labels.severity).toMatch(/^(none|warning|error|critical)$/)
    }
  })
})

const normal = { streams: streams.slice(0, 4), start: midnight(6), seed: 1, rate: 0, rows: 4 * 1440 * 5 }
const live = {
  streams,
  start: midnight(1),
  seed: 2,
  rate: 500,
  faults: [
    { kind: 'burst', stream: 'checkout-eu', at: 2500, rows: 300, size: 5 },
    { kind: 'shift', stream: 'payments', at: 1500, rows: 100_000, size: 40 },
  ],
}

/** A sink that nobody answers at, and one stream too many for the limit, whose records become dead letters. */
const trouble = (control: string) => ({
  sinks: [{ stdout: {} }, { webhook: { url: 'http://127.0.0.1:9/', secret: signingSecret }, required: false }],
  limits: { knownStreams: 4 },
  control: { file: { path: control } },
})

const config = (folder: string, port: number, source: object, more: object = {}) => ({
  metrics: { port },
  monitors: [
    {
      name: 'services',
      source: { generator: { interval: '1m', ...source } },
      decode: { json: { features: featureNames, stream: 'service', time: 'ts' } },
      detectors: ['gaussian', 'hotelling'],
      charts: ['cusum'],
      reference: { path: join(folder, 'reference') },
      alerting: { falseAlarmsPerDay: 1 },
      execution: { providers: ['cuda', 'cpu'] },
      sinks: [{ stdout: {} }],
      state: { memory: {} },
      deadLetters: { file: { path: join(folder, 'letters.ndjson') } },
      ...more,
    },
  ],
})
