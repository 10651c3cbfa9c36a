import { defaultDetectors } from '../../detectors/registry.js'
import { writeBundle } from '../../references/bundle.js'
import { fitReference } from '../../references/fit.js'
import { seal } from '../../references/manifest.js'
import type { Reference } from '../../references/reference.js'
import { asRows, fitOptions, openTools, type Recipe, synthetic } from '../references/synthetic.js'

/** What a configuration has by default, so that the two agree. */
const logic = { window: { size: 64, hop: 16, longer: [256] }, record: { k: 1, n: 1, gap: 30 }, drift: { k: 1, n: 1, gap: 8 } }

/** Detectors that are fitted in no time, for tests to which it does not matter which ones there are. */
export const quickDetectors = ['gaussian', 'hotelling']

/** Fits a reference to synthetic rows (features f0, f1, …; one a minute) and writes its bundle. */
export async function writeReference(
  folder: string,
  recipe: Recipe,
  source = 'synthetic',
  detectors = defaultDetectors,
): Promise<Reference> {
  const tools = await openTools()
  try {
    const options = { ...fitOptions(recipe.d, { logic, detectors }), source }
    const reference = await fitReference(asRows(synthetic(recipe), recipe.d, 1, 60), options, tools)
    await writeBundle(folder, reference)
    return reference
  } finally {
    await tools.close()
  }
}

/** Writes a changed copy of a reference, with the version that its content has. */
export async function writeChanged(folder: string, { version: _, ...content }: Reference, changes: Partial<Reference>): Promise<void> {
  await writeBundle(folder, seal({ ...content, ...changes }))
}

/** Rows as the text of a csv file with the columns f0, f1, … */
export function csvText(values: Float64Array, d: number): string {
  const header = Array.from({ length: d }, (_, j) => `f${j}`).join(',')
  const rows = Array.from({ length: values.length / d }, (_, i) => values.subarray(i * d, (i + 1) * d).join(','))
  return `${[header, ...rows].join('\n')}\n`
}
