import { Command } from 'commander'
import { wholeNumber } from '../../cli/arguments.js'
import { machineLine } from '../kit/machine.js'
import { type Bench, withKafka } from '../kit/with-kafka.js'
import { labelOf, type Workload } from '../kit/workload.js'
import { contest } from './contest.js'
import { type Result, resultMetrics, resultTable, stagesOf } from './report.js'
import { soak } from './soak.js'

/** With so many records that a reader takes about ten seconds: of the first ones much is still being compiled. */
const workloads: readonly (Workload & { readonly records: number })[] = [
  { d: 64, encoding: 'float32', records: 6_000_000 },
  { d: 512, encoding: 'float32', records: 1_500_000 },
  { d: 64, encoding: 'json', records: 1_500_000 },
]

interface Options {
  readonly repetitions: number
  readonly records?: number
  readonly profile?: string
  readonly soak?: number
}

export const kafka = new Command('kafka')
  .description('The whole pipeline against a raw kafkajs consumer of the same topic: rate, memory, event loop, and where the time goes')
  .option('--repetitions <n>', 'how often each reads each topic; medians count', wholeNumber(1), 3)
  .option('--records <n>', 'records of each topic; default: six million of 64 float32 numbers, else 1,500,000', wholeNumber(10_000))
  .option('--profile <folder>', "where V8's processor profiles of Driftwatch's processes go")
  .option('--soak <minutes>', 'instead: whether memory stays flat at full load for so long', wholeNumber(1))
  .action((options: Options) => withKafka((bench) => (options.soak === undefined ? compare(bench, options) : soak(bench, options.soak))))

async function compare(bench: Bench, options: Options): Promise<void> {
  const results: Result[] = []
  for (const { records, ...workload } of workloads) {
    const contestants = await contest(bench, workload, { records, ...options })
    results.push({ workload, contestants })
    process.stdout.write(`${labelOf(workload)}\n${stagesOf(contestants)}\n\n`)
  }
  process.stdout.write(`${resultTable(results)}\n${machineLine()}\n\n${resultMetrics(results).join('\n')}\n`)
}
