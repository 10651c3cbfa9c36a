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
      pasts: pasts.map((past) => past.length),
      runs: runs.map((run, i) => (pasts[i].length === 0 ? run : Float64Array.from([...pasts[i], ...run]))),
    }
  })

function pastOf(folds: Folds, follows: Follows, fold: number, run: number, length: number): number[] {
  const past: number[] = []
  for (let f = fold, i = follows[f]?.[run] ?? -1; i >= 0 && past.length < length; i = follows[f]?.[i] ?? -1) {
    f--
    past.unshift(...folds[f][i].slice(-(length - past.length)))
  }
  return past
}
