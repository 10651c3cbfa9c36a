import type { Deploy } from '../alerts/deploys.js'
import { type EmbedderPart, embedderParts } from '../backbones/embedder.js'
import type { BudgetBar } from '../calibration/calibration.js'
import type { Catalogue } from './metric-catalogue.js'
import type { providedParts } from './metric-labels.js'

/** When a reference was fitted, and the time of the latest row that it was fitted to; ISO 8601, undefined where that is not known. */
export interface ReferenceDates {
  readonly fittedAt?: string | undefined
  readonly rowsEnd?: string | undefined
}

/** What one monitor works with: its reference, configuration, execution providers and workers, and the deploys that it is told of. */
export class SetupMetrics {
  #deployed = Number.NEGATIVE_INFINITY

  constructor(
    private readonly all: Catalogue,
    private readonly monitor: string,
  ) {}

  /** The reference in use, instead of the one before. */
  reference(version: string, bar: Pick<BudgetBar, 'bar' | 'status' | 'resolutionPerDay'>, { fittedAt, rowsEnd }: ReferenceDates): void {
    const { monitor } = this
    this.all.reference.show(monitor, { monitor, version, calibration: bar.status })
    this.all.resolution.set({ monitor }, bar.resolutionPerDay)
    this.all.rarityLimit.set({ monitor }, bar.bar)
    for (const [gauge, date] of [
      [this.all.referenceFitted, fittedAt],
      [this.all.referenceRowsEnd, rowsEnd],
    ] as const)
      if (date === undefined) gauge.remove({ monitor })
      else gauge.set({ monitor }, Date.parse(date) / 1000)
  }

  /** The version of the configuration in use, instead of the one before. */
  config(version: string): void {
    this.all.config.show(this.monitor, { monitor: this.monitor, version })
  }

  /** A deploy was declared; the one with the latest time is shown. */
  deployed({ at, version }: Deploy): void {
    if (at < this.#deployed) return
    this.#deployed = at
    this.all.deploy.show(this.monitor, { monitor: this.monitor, version }, at / 1000)
  }

  /** The execution provider in use, instead of the one before, and the one that is wanted most. */
  provider(part: (typeof providedParts)[number], provider: string, wanted: string): void {
    const { monitor } = this
    this.all.provider.show(`${monitor} ${part}`, { monitor, part, provider })
    this.all.fallback.show(`${monitor} ${part}`, { monitor, part, wanted }, provider === wanted ? 0 : 1)
  }

  /** Pictures are embedded, on this execution provider. */
  embedding(provider: string, wanted: string): void {
    this.provider('backbone', provider, wanted)
    for (const part of embedderParts) this.all.restarts.inc({ monitor: this.monitor, part }, 0)
  }

  /** Another worker has taken the place of one of an embedder. */
  workerRestarted(part: EmbedderPart): void {
    this.all.restarts.inc({ monitor: this.monitor, part })
  }
}
