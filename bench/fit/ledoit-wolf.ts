import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openGraph } from '../../backbones/graph-runner.js'
import { openMatMul } from '../../backbones/matmul.js'
import { openMoments } from '../../backbones/moments.js'
import { columnStats, standardisationOf, standardise } from '../../detectors/standardisation.js'
import { RowMemory } from '../../references/row-store.js'
import { sumUp } from '../../references/summed.js'
import { correlatedRows } from '../../tests/detectors/samples.js'
import { fitOptions } from '../../tests/references/synthetic.js'
import { alternate } from '../kit/alternate.js'
import { type Took, timed } from '../kit/stopwatch.js'
import { npyFile } from '../npz.js'
import { PeerProcess, unlessAbsent } from '../peers/peer-process.js'

export interface CovarianceTimes {
  /** Theirs is empty where scikit-learn is absent. */
  readonly ours: readonly Took[]
  readonly theirs: readonly Took[]
  /** Name and version of the peer. */
  readonly peer: string
  /** What ours and theirs have found. They must agree. */
  readonly shrinkage: readonly number[]
}

/**
 * Driftwatch's standardisation, moments in ten folds, Ledoit-Wolf covariance, Cholesky factor and its inverse, against scikit-learn's
 * `LedoitWolf().fit` (mean, covariance, shrinkage, inverse): n rows in float64, in memory on both sides.
 */
export async function covarianceTimes(n: number, d: number, rounds: number, folder: string): Promise<CovarianceTimes> {
  const rows = standardRows(n, d)
  const path = join(folder, 'rows.npy')
  await writeFile(path, npyFile(rows, d))
  const reference = { n, d, store: new RowMemory(rows, d), streams: [{ from: 0, to: n }] }
  const { multiply, close } = await openMatMul()
  const shrinkage: number[] = []
  const ours = () =>
    timed(async () => {
      const summed = await sumUp(reference, fitOptions(d), { matmul: multiply, openGraph, openMoments })
      shrinkage[0] = summed?.whitening.shrinkage ?? Number.NaN
    })
  const sklearn = await unlessAbsent(PeerProcess.start('sklearn', 'ledoit_wolf.py', [path]))
  const theirs = async (): Promise<Took> => {
    const [seconds, cpuSeconds, found] = ((await sklearn?.ask()) ?? '').split(' ').map(Number)
    shrinkage[1] = found
    return { seconds, cpuSeconds }
  }
  const contenders = { ours, theirs: sklearn && theirs }
  await alternate(1, contenders)
  const measured = await alternate(rounds, contenders)
  await sklearn?.end()
  await close()
  return { ...measured, shrinkage, peer: sklearn?.title ?? 'scikit-learn' }
}

/** Correlated rows with mean 0 and standard deviation 1 in each column, for scikit-learn does not standardise. */
function standardRows(n: number, d: number): Float64Array {
  const rows = correlatedRows(1, n, d)
  return standardise(rows, n, standardisationOf(columnStats(rows, n, d)))
}
