import { Command } from 'commander'
import { wholeNumber } from '../../cli/arguments.js'
import { type Bench, withKafka } from '../kit/with-kafka.js'
import { Experiment } from './experiment.js'
import { latencyReport } from './report.js'

interface Options {
  readonly seconds: number
  readonly every: number
}

export const latency = new Command('latency')
  .description('From the producer to the alert at a webhook, at half of what this machine can carry')
  .option('--seconds <n>', 'how long at half load', wholeNumber(10), 60)
  .option('--every <ms>', 'time between two outliers that open alerts', wholeNumber(10), 50)
  .action((options: Options) => withKafka((bench) => measure(bench, options)))

async function measure(bench: Bench, { seconds, every }: Options): Promise<void> {
  const experiment = await Experiment.set(bench)
  try {
    const capacity = await experiment.capacity()
    process.stdout.write(`${latencyReport(capacity, await experiment.halfLoad(capacity / 2, seconds, every))}\n`)
  } finally {
    await experiment.close()
  }
}
