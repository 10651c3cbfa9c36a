import type { Detector, RecordDetector, WindowDetector } from '../detectors/detector.js'
import { detectorByName } from '../detectors/registry.js'
import { type ScoringGraph, scoringGraph } from '../detectors/scoring-graph.js'
import type { Fitted } from '../detectors/stored.js'
import { place } from '../detectors/window-sums.js'
import { mapOf } from '../kinds/feature-map.js'
import type { Reference } from '../references/reference.js'
import type { Names } from './calibrate.js'
import { Charts } from './charts.js'
import type { StreamShape } from './streams.js'

/** A detector as it was fitted. */
export interface FittedDetector<D extends Detector> {
  readonly detector: D
  readonly fitted: Fitted
}

/** The reference's record and window detectors, each in the order of its names. */
export function fittedDetectors(reference: Reference): {
  record: FittedDetector<RecordDetector>[]
  drift: FittedDetector<WindowDetector>[]
} {
  const record: FittedDetector<RecordDetector>[] = []
  const drift: FittedDetector<WindowDetector>[] = []
  for (const name of Object.keys(reference.detectors).sort()) {
    const detector = detectorByName(name)
    const fitted = reference.detectors[name]
    if (detector.kind === 'record') record.push({ detector, fitted })
    else drift.push({ detector, fitted })
  }
  return { record, drift }
}

/** The model that scores rows of the given precision by the reference's detectors. */
export function graphOf(reference: Reference, dtype: 'float32' | 'float64'): ScoringGraph {
  const { record, drift } = fittedDetectors(reference)
  return scoringGraph(reference.whitening, record, place(reference.features.length, drift), dtype)
}

/** What the state of a stream that is watched with the reference looks like. */
export function shapeOf(reference: Reference): StreamShape {
  const d = reference.features.length
  const { width } = place(d, fittedDetectors(reference).drift)
  const { window } = reference.logic
  const mayMiss = mapOf(reference).optional.length > 0
  const charts = chartsOf(reference)?.series.length ?? 0
  return { d, width, window, charts, detrend: reference.detrend, adaptation: reference.adaptation, ...(mayMiss && { mayMiss }) }
}

/** The charts over the reference's window detectors, where it has any. */
export function chartsOf(reference: Reference): Charts | undefined {
  const windowDetectors = fittedDetectors(reference).drift.map(({ detector }) => detector.name)
  return reference.logic.charts === undefined ? undefined : new Charts(reference, windowDetectors)
}

/** What the reference's detectors are called, charts among those of windows. */
export function detectorNames(reference: Reference): Names {
  const { record, drift } = fittedDetectors(reference)
  const charts = chartsOf(reference)?.series ?? []
  return {
    record: record.map(({ detector }) => detector.name),
    drift: [...drift.map(({ detector }) => detector.name), ...charts.map(({ name }) => name)],
  }
}
