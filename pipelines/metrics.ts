import { Registry } from 'prom-client'
import { type HeartbeatOutcome, heartbeatOutcomes } from '../connectors/paging/heartbeat.js'
import { delayQuantiles, EventLoopDelay } from '../telemetry/event-loop.js'
import { type Catalogue, catalogue } from './metric-catalogue.js'
import { type MonitorLabels, MonitorMetrics } from './monitor-metrics.js'

/** All metrics of the process, in a registry of its own. */
export class Metrics {
  readonly registry: Registry
  readonly #catalogue: Catalogue
  readonly #monitors = new Map<string, MonitorMetrics>()

  constructor(registry = new Registry()) {
    this.registry = registry
    this.#catalogue = catalogue(registry)
  }

  build(version: string): void {
    this.#catalogue.build.show('process', { version, node: process.versions.node })
  }

  /** From now on so many silences are shown to be active. */
  watchSilences(active: () => number): void {
    this.#catalogue.silences.sample({}, active)
  }

  /** Heartbeats are sent. Returns what counts them. */
  watchHeartbeats(): (outcome: HeartbeatOutcome) => void {
    for (const outcome of heartbeatOutcomes) this.#catalogue.heartbeats.inc({ outcome }, 0)
    return (outcome) => this.#catalogue.heartbeats.inc({ outcome })
  }

  /** Shows how late the event loop is, until the caller closes what it gets. */
  watchEventLoop(): EventLoopDelay {
    const delay = new EventLoopDelay()
    let reading = delay.read()
    for (const quantile of delayQuantiles) {
      this.#catalogue.eventLoop.sample({ quantile }, () => {
        // A reading starts the next one: the first quantile of a scrape reads for all.
        if (quantile === delayQuantiles[0]) reading = delay.read()
        return reading[quantile]
      })
    }
    return delay
  }

  /** The metrics of one monitor, every bounded series of them at 0. The same view when asked again. */
  forMonitor(name: string, labels: MonitorLabels): MonitorMetrics {
    let view = this.#monitors.get(name)
    if (view === undefined) {
      view = new MonitorMetrics(this.#catalogue, name, labels)
      this.#monitors.set(name, view)
    }
    return view
  }
}
