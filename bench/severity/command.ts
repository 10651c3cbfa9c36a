import { Command } from 'commander'
import { syntheticStreams } from '../null/synthetic.js'
import { severityReport } from './report.js'
import { injectAll, type Peak } from './trial.js'

/** Eight features that follow themselves (AR .5), mixed; one stream per seed, of which 20,000 rows are the reference. */
const KIND = 'AR .5'
const ALLOWED = 20

/** Whether the severity score of the default grows with a fault. */
export const severity = new Command('severity')
  .description('Faults of growing size, injected into synthetic streams: how well the severity score orders them')
  .action(async () => {
    const clean = syntheticStreams()
      .filter(({ kind }) => kind === KIND)
      .map((stream) => stream.make())
      .filter(({ allowed }) => allowed === ALLOWED)
    const peaks: Peak[] = []
    for (const [system, stream] of clean.entries()) peaks.push(...(await injectAll(stream, system)))
    process.stdout.write(severityReport(peaks))
  })
