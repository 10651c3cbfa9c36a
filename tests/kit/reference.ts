import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { driftwatch } from './driftwatch.js'
import { csvOf, features, scenario } from './scenario.js'

/** Normal data of the scenarios: 6,000 rows, about a day. */
export const normal = () => scenario({ seed: 1, streams: 6, each: 1000 })

/** Fits a reference to normal data with the command `fit` and returns its folder; tests share one (`sharedReference` in desk.ts). */
export async function fitNormal(folder: string): Promise<string> {
  const data = join(folder, 'normal.csv')
  const reference = join(folder, 'reference')
  await writeFile(data, csvOf(normal()))
  const { code, stderr } = await driftwatch([
    'fit',
    data,
    '--stream',
    'tenant',
    '--time',
    'ts',
    '--features',
    features.join(','),
    '-o',
    reference,
  ])
  if (code !== 0) throw new Error(`fit ended with ${code}: ${stderr}`)
  return reference
}
