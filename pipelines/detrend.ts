import type { Batch, Detrended } from './batch.js'

/**
 * Subtracts from each row its stream's slow mean of the past, where the reference was fitted that way
 * (calibration study, section 5). The mean runs ahead of the fold, so its value after the batch travels with the batch.
 */
export const detrend = (batch: Batch): Detrended => {
  for (let i = 0; i < batch.n; i++) batch.states[batch.stateOf[i]].ahead.trend?.step(batch.values, i * batch.d)
  return { ...batch, trends: batch.states.map((state) => state.ahead.trend?.state()) }
}
