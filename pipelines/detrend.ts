import type { AdaptationStep, Batch, Detrended } from './batch.js'

/**
 * Subtracts from each row its stream's slow mean of the past (calibration study, section 5), or maps it by the stream's slow copy of the
 * reference, where the reference was fitted that way. Both run ahead of the fold, so their state after the batch travels with the batch.
 */
export const detrend = (batch: Batch): Detrended => {
  const adapted: AdaptationStep[] = []
  for (let row = 0; row < batch.n; row++) {
    const copy = batch.states[batch.stateOf[row]].ahead.trend?.step(batch.values, row * batch.d)
    if (copy !== undefined) adapted.push({ row, copy })
  }
  return { ...batch, trends: batch.states.map((state) => state.ahead.trend?.state()), adapted }
}
