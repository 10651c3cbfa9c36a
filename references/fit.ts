import type { FitOptions, FitTools } from './fit-options.js'
import { calibrationOf, type HeldOut, holdOut } from './held-out.js'
import { fitLiveDetectors } from './live-detectors.js'
import { seal } from './manifest.js'
import type { Provenance, Reference } from './reference.js'
import type { ReferenceRows } from './rows.js'
import { summaryOf } from './summed.js'

/**
 * Fits a reference: what normal is, and how often its detectors would alarm on it (calibration study, section 9).
 * The rate of the slow mean comes from the halves test; held-out scores of contiguous folds calibrate the alarms; the fit to all
 * rows is what scores the live stream. Where no rate passes the halves test the reference is fitted all the same, its self-test
 * not passed. Deterministic: same rows and options, same version.
 * Throws `FitRefused` for data that cannot be a reference.
 */
export async function fitReference(rows: ReferenceRows, options: FitOptions, tools: FitTools): Promise<Reference> {
  return referenceOf(await holdOut(rows, options, tools), rows, options, tools)
}

/** The same of rows that are held out already. */
export async function referenceOf(heldOut: HeldOut, rows: ReferenceRows, options: FitOptions, tools: FitTools): Promise<Reference> {
  const { rung, purged, detectors, logic } = heldOut
  const { whitening, selfTest, rate, adaptation, groups } = rung
  const { labels } = rung.rows
  return seal({
    features: options.features,
    ...(options.inputs !== undefined && { inputs: options.inputs }),
    ...(options.backbone !== undefined && { backbone: options.backbone }),
    ...(labels && { labels: labels.names }),
    provenance: { ...provenanceOf(rows, options.source, purged), ...(groups && { groups }) },
    logic,
    detrend: rate,
    ...(adaptation !== undefined && { adaptation }),
    selfTest,
    whitening,
    ...(await fitLiveDetectors(summaryOf(rung, detectors, tools.matmul), detectors, rung.rows.store.dtype, tools)),
    calibration: calibrationOf(heldOut),
    constant: options.features.filter((_, j) => !whitening.active[j]),
  })
}

function provenanceOf({ n, streams, first, last, dropped }: ReferenceRows, source: string, purged: number | undefined): Provenance {
  const iso = (time: number) => {
    const date = new Date(time)
    return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
  }
  const kept = { source, rows: n, streams: streams.length, from: iso(first), to: iso(last), dropped }
  return { ...kept, ...(purged !== undefined && { purged }), parts: [] }
}
