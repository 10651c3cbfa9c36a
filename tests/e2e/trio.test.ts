import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { z } from 'zod'
import { featureNames } from '../../connectors/generator/system.js'
import { ruleFiles } from '../../dashboards/rules/file.js'
import { Alertmanager, alertmanagerOrSkip } from '../kit/alertmanager.js'
import { freePort } from '../kit/free-port.js'
import { HttpReceiver } from '../kit/http-receiver.js'
import { Driftwatch, driftwatch, useProcesses } from '../kit/process.js'
import { Prometheus, prometheusOrSkip } from '../kit/prometheus.js'

const { program, skip: noAlertmanager } = alertmanagerOrSkip()
const { skip: noPrometheus } = await prometheusOrSkip()
const skip = noAlertmanager ?? noPrometheus
const place = useProcesses()

const notification = z.object({
  alerts: z.array(
    z.object({ status: z.string(), labels: z.record(z.string(), z.string()), annotations: z.record(z.string(), z.string()) }),
  ),
})

/**
 * Prometheus, Alertmanager and Driftwatch as they stand together: what drifts is seen in a metric, told by a rule and by Driftwatch
 * itself, received by whoever is behind the Alertmanager, and called off when it is over.
 */
it.skipIf(skip)(
  `drift shows in a metric, reaches the receiver behind an Alertmanager, and is resolved${skip ? ` (${skip})` : ''}`,
  async () => {
    const receiver = await HttpReceiver.start()
    const alertmanager = await Alertmanager.start(program, receiver.url)
    const port = await freePort()
    const fitted = await driftwatch(['fit', '--config', await place.config('fit', config(port, normal, [{ stdout: {} }]))])
    expect(fitted.code, fitted.stderr).toBe(0)
    const prometheus = await Prometheus.start(join(place.folder, 'prometheus'), `127.0.0.1:${port}`, {
      rules: Object.values(ruleFiles),
      alertmanager: new URL(alertmanager.url).host,
    })
    try {
      const sinks = [{ alertmanager: { urls: [alertmanager.url], repostEvery: '1s' } }]
      const service = new Driftwatch(['run', await place.config('run', config(port, live, sinks))])
      const told = () =>
        receiver.accepted
          .flatMap(({ body }) => notification.parse(JSON.parse(body)).alerts)
          .filter(({ labels }) => labels.stream === 'payments' && labels.kind === 'drift')
      const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 40_000, interval: 100 })
      const firing = (alertname: string) =>
        eventually(() => {
          const alert = told().find(({ labels, status }) => labels.alertname === alertname && status === 'firing')
          if (alert === undefined) throw new Error(`nobody was told of ${alertname}`)
          return alert
        })
      // An alert of another severity is another one to an Alertmanager: each must be called off.
      const over = (alertname: string) =>
        eventually(() => {
          const last = new Map(told().flatMap(({ labels, status }) => (labels.alertname === alertname ? [[labels.severity, status]] : [])))
          expect(new Set(last.values())).toEqual(new Set(['resolved']))
        })
      await prometheus.until('driftwatch_stream_alert_open{stream="payments", kind="drift"} == 1')
      const [byRule, byItself] = [await firing('DriftwatchStreamAlert'), await firing('DriftwatchDrift')]
      expect(byRule.annotations.runbook_url).toMatch(/DriftwatchStreamAlert\.md$/)
      expect(byItself.annotations.why).toMatch(/memory \+\d/)
      expect(byItself.labels.severity).toMatch(/^(info|warning|error|critical)$/)
      const since = 'sum(driftwatch_alerts_resolved_total{kind="drift"}) > 0'
      await prometheus.until(`${since} unless sum(driftwatch_alerts_open{kind="drift"}) > 0`)
      await over('DriftwatchStreamAlert')
      await over('DriftwatchDrift')
      expect((await service.stop()).code).toBe(0)
    } finally {
      await Promise.all([prometheus.stop(), alertmanager.close(), receiver.close()])
    }
  },
)

const streams = ['checkout-eu', 'payments']
const normal = { streams, start: '2026-03-01T00:00:00Z', seed: 1, rate: 0, rows: 2 * 1440 * 5 }
const live = {
  streams,
  start: '2026-03-06T00:00:00Z',
  seed: 2,
  rate: 200,
  faults: [{ kind: 'shift', stream: 'payments', at: 400, rows: 2000, size: 6 }],
}

const config = (port: number, source: object, sinks: readonly object[]) => ({
  metrics: { port },
  monitors: [
    {
      name: 'services',
      source: { generator: { interval: '1m', ...source } },
      decode: { json: { features: featureNames, stream: 'service', time: 'ts' } },
      detectors: ['gaussian', 'hotelling'],
      reference: { path: join(place.folder, 'reference') },
      alerting: { falseAlarmsPerDay: 1 },
      sinks,
      state: { memory: {} },
      deadLetters: { file: { path: join(place.folder, 'letters.ndjson') } },
    },
  ],
})
