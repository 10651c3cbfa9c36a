/** Rows by what they are and what was said of them. */
export interface Confusion {
  /** Anomalous and flagged. */
  readonly tp: number
  /** Normal and flagged. */
  readonly fp: number
  /** Anomalous and not flagged. */
  readonly fn: number
  /** Normal and not flagged. */
  readonly tn: number
}

export function confusion(flags: Uint8Array, labels: Uint8Array): Confusion {
  const count = (flag: number, label: number) =>
    labels.reduce((sum, actual, row) => sum + Number(actual === label && flags[row] === flag), 0)
  return { tp: count(1, 1), fp: count(1, 0), fn: count(0, 1), tn: count(0, 0) }
}

export const pooled = (parts: readonly Confusion[]): Confusion =>
  parts.reduce((sum, { tp, fp, fn, tn }) => ({ tp: sum.tp + tp, fp: sum.fp + fp, fn: sum.fn + fn, tn: sum.tn + tn }), {
    tp: 0,
    fp: 0,
    fn: 0,
    tn: 0,
  })

/** SKAB's outlier metrics: F1, share of normal rows flagged and of anomalous rows missed (both in percent). */
export interface SkabScore {
  readonly f1: number
  readonly far: number
  readonly mar: number
}

/** As the benchmark's own `binary` metric (waico/SKAB, core/metrics.py), over all rows together. */
export const skabScore = ({ tp, fp, fn, tn }: Confusion): SkabScore => ({
  f1: (2 * tp) / (2 * tp + fp + fn),
  far: (100 * fp) / (fp + tn),
  mar: (100 * fn) / (fn + tp),
})

/** First row of the first fault that begins within the rows; undefined when there is none. `before` is the label of the row before them. */
export function onsetOf(labels: Uint8Array, before: number): number | undefined {
  const onset = labels.findIndex((label, row) => label === 1 && (row === 0 ? before : labels[row - 1]) === 0)
  return onset === -1 ? undefined : onset
}

/**
 * Rows from a fault's onset to the first flagged row of the fault; infinite when none of it is flagged.
 * An alert that is open already at the onset counts as 0.
 */
export function delayFrom(onset: number, flags: Uint8Array, labels: Uint8Array): number {
  const end = labels.indexOf(0, onset)
  const row = flags.subarray(0, end === -1 ? labels.length : end).indexOf(1, onset)
  return row === -1 ? Number.POSITIVE_INFINITY : row - onset
}
