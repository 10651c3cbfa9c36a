import { Command } from 'commander'
import { openGraph } from '../../backbones/graph-runner.js'
import { openMatMul } from '../../backbones/matmul.js'
import { openMoments } from '../../backbones/moments.js'
import { conformalP } from '../../calibration/p-value.js'
import { wholeNumber } from '../../cli/arguments.js'
import { table } from '../../cli/terminal.js'
import { uniforms } from '../../detectors/random.js'
import { GapFiller } from '../../kinds/gaps.js'
import { graphOf } from '../../pipelines/fitted.js'
import { fitReference } from '../../references/fit.js'
import type { Reference } from '../../references/reference.js'
import { RowMemory } from '../../references/row-store.js'
import { metric } from '../figures.js'

const d = 8
const rowsFitted = 20_000
const shareMissing = 0.15
const levels = [0.1, 0.01, 0.001] as const
const counts = [0, 1, 2, 3, 4, 5, 6] as const
const detectors = ['gaussian', 'near3']
const all = Array.from({ length: d }, (_, j) => j)
/** Degrees of freedom of the heavy-tailed rows' common divisor. */
const freedom = 5

export const gaps = new Command('gaps')
  .description('False alarms of records that lack 0 to 6 of 8 features, over their nominal rate, and what filling a record costs')
  .option('--records <n>', 'records per number of missing features', wholeNumber(1000), 50_000)
  .action(async ({ records }: { readonly records: number }) => {
    for (const heavy of [false, true]) await measure(heavy, records)
    process.stdout.write(`\n${[8, 64].map((width) => metric(`gap_fill_${width}_us`, microseconds(width))).join('\n')}\n`)
  })

async function measure(heavy: boolean, records: number): Promise<void> {
  const reference = await fitted(heavy)
  const runner = await openGraph(graphOf(reference, 'float64'), d)
  const filler = new GapFiller(reference.whitening, all)
  const names = Object.keys(reference.detectors).sort()
  const pValues = names.map((name) => conformalP(reference.calibration.quantiles[name], reference.calibration.evaluations[name]))
  const lines: string[][] = []
  for (const count of counts) {
    const values = rowsOf(records, heavy, 100 + count)
    const uniform = uniforms(200 + count)
    for (let i = 0; i < records; i++) {
      const left = [...all]
      for (let k = 0; k < count; k++) values[i * d + left.splice(Math.floor(uniform() * left.length), 1)[0]] = Number.NaN
      filler.complete(values, i * d, i)
    }
    const { scores } = await runner.run(values, records)
    const rates = names.map((_, j) =>
      levels.map((level) => (scores[j].filter((score) => pValues[j](score) <= level).length / records / level).toFixed(2)).join(' / '),
    )
    lines.push([`${count}`, ...rates])
  }
  await runner.close()
  const what = heavy ? `heavy-tailed rows (t with ${freedom} degrees of freedom)` : 'normal rows'
  process.stdout.write(
    `${what}, reference with ${100 * shareMissing} % missing: observed over nominal rate at p = ${levels.join(', ')}\n${table([['missing', ...names], ...lines])}\n\n`,
  )
}

async function fitted(heavy: boolean): Promise<Reference> {
  const values = rowsOf(rowsFitted, heavy, 1)
  const uniform = uniforms(2)
  for (let at = 0; at < values.length; at++) if (uniform() < shareMissing) values[at] = Number.NaN
  const names = all.map((j) => `f${j}`)
  const rows = {
    n: rowsFitted,
    d,
    store: new RowMemory(values, d),
    streams: [{ from: 0, to: rowsFitted }],
    optional: all,
    first: 0,
    last: 60_000 * (rowsFitted - 1),
    dropped: 0,
  }
  const alarm = (gap: number) => ({ k: 1, n: 1, gap })
  const logic = { window: { size: 64, hop: 16 }, record: alarm(30), drift: alarm(8) }
  const inputs = { features: names, optional: names, circular: {}, compositional: {} }
  const products = await openMatMul()
  try {
    const options = { features: names, inputs, detectors, shrinkage: 'auto', logic, source: 'synthetic' } as const
    return await fitReference(rows, options, { matmul: products.multiply, openGraph, openMoments })
  } finally {
    await products.close()
  }
}

/** Rows of d correlated features; where heavy, each row is stretched by a factor of its own. */
function rowsOf(n: number, heavy: boolean, seed: number, width = d): Float64Array {
  const uniform = uniforms(seed)
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  const values = new Float64Array(n * width)
  for (let i = 0; i < n; i++) {
    const common = normal()
    const divisor = heavy ? Array.from({ length: freedom }, normal).reduce((sum, value) => sum + value * value, 0) / freedom : 1
    for (let j = 0; j < width; j++) values[i * width + j] = 100 * j + ((1 + j) * (normal() + 0.5 * common)) / Math.sqrt(divisor)
  }
  return values
}

/** Processor time that filling one missing feature of a record takes. */
function microseconds(width: number): number {
  const n = 100_000
  const values = rowsOf(n, false, 3, width)
  const inverse = Float64Array.from({ length: width * width }, (_, at) => (at % width <= Math.floor(at / width) ? 1 / (1 + (at % 5)) : 0))
  const whitening = {
    d: width,
    mean: new Float64Array(width),
    scale: new Float64Array(width).fill(1),
    active: new Array<boolean>(width).fill(true),
    root: { d: width, lower: inverse, inverse },
  }
  const filler = new GapFiller(whitening, [...whitening.mean.keys()])
  for (let i = 0; i < n; i++) values[i * width + (i % width)] = Number.NaN
  const before = process.cpuUsage()
  for (let i = 0; i < n; i++) filler.complete(values, i * width, i)
  return process.cpuUsage(before).user / n
}
