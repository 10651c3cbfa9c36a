import type { Trial } from './trial.js'
export const nullReport = (trials: readonly Trial[]): string => JSON.stringify(trials)
