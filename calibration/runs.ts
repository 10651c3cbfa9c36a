import { concatenated, countValues } from './order-statistics.js'

/** Per fold, one array per run: a contiguous stretch of one stream within the fold. */
export type Folds = readonly (readonly Float64Array[])[]

/**
 * Per fold, for each of its runs: which run of the fold before it goes on from, -1 for none. An alarm that is open where a fold is cut
 * opens no second alert behind the cut.
 */
export type Follows = readonly (readonly number[])[]

/** Runs behind what their streams had before them: the first pasts[i] values of runs[i] are of earlier folds. */
export interface Joined {
  readonly runs: readonly Float64Array[]
  readonly pasts: readonly number[]
}

/** Each fold's runs behind (at most) `length` earlier values of their streams. */
export const joined = (folds: Folds, follows: Follows, length: number): Joined[] =>
  folds.map((runs, f) => {
    const pasts = runs.map((_, i) => pastOf(folds, follows, f, i, length))
    return {
      pasts: pasts.map(countValues),
      runs: runs.map((run, i) => (pasts[i].length === 0 ? run : concatenated([...pasts[i], run]))),
    }
  })

/** The ends of the runs before, the earliest first. */
function pastOf(folds: Folds, follows: Follows, fold: number, run: number, length: number): Float64Array[] {
  const past: Float64Array[] = []
  let wanted = length
  for (let f = fold, i = follows[f]?.[run] ?? -1; i >= 0 && wanted > 0; i = follows[f]?.[i] ?? -1) {
    f--
    const end = folds[f][i].subarray(-wanted)
    past.unshift(end)
    wanted -= end.length
  }
  return past
}
