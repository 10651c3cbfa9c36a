import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import type { MonitorConfig } from '../config/monitor.js'
import { readAssets } from '../live/assets.js'
import { Live } from '../live/live.js'
import { type Reported, reportedStreams, reportPage } from '../live/report.js'
import { type Prepared, subjectOf } from '../live/subject.js'
import { configurationOfData } from './configuration.js'
import { CommandError, unwritable } from './exit.js'
import { type RangeOptions, rangeHelp } from './finite.js'
import { pageFolder } from './live-page.js'
import { chooseMonitor } from './monitor-option.js'
import { replayEvents } from './replay.js'
import { runningView } from './report-from-url.js'
import { reportSummary } from './report-summary.js'
import type { Output } from './terminal.js'
import { packageVersion } from './version.js'

interface ReportOptions extends RangeOptions {
  readonly monitor?: string
  readonly input?: string
  readonly fromUrl?: string
  readonly tokenEnv?: string
  readonly out: string
}

/** @param folder of the built page */
export const command = (out: Output = process.stdout, folder = pageFolder): Command =>
  new Command('report')
    .summary('write the live page of a finished run as one HTML file')
    .description(
      'Runs a configuration over past data as `driftwatch replay` does, or asks a running service, and writes what its live page shows as one HTML ' +
        'file with all that it needs inside, to send to a colleague. Prints the gist of it: period, streams, alerts, budget, and the worst episodes.',
    )
    .argument('[config]', 'configuration file (YAML)')
    .option('-m, --monitor <name>', 'which monitor; default: all of them')
    .option('-i, --input <file>', "a csv, ndjson or npy file instead of the monitor's own source")
    .option('--from <point>', `where to begin: ${rangeHelp}; default: the beginning`)
    .option('--to <point>', `where to end, exclusive: ${rangeHelp}; default: the present end`)
    .option('--from-url <url>', 'a running service in place of a configuration, such as http://localhost:9464')
    .option('--token-env <name>', 'with --from-url: the environment variable that holds its page.token')
    .requiredOption('-o, --out <html>', 'the file to write')
    .addHelpText(
      'after',
      '\nExamples:\n  $ driftwatch report driftwatch.yaml --from 2026-03-01T00:00:00Z -o march.html\n' +
        '  $ driftwatch report driftwatch.yaml -i march.csv -o march.html\n' +
        '  $ driftwatch report --from-url http://localhost:9464 -o now.html',
    )
    .action((file: string | undefined, options: ReportOptions) => report(file, options, out, folder))

async function report(file: string | undefined, options: ReportOptions, out: Output, folder: string): Promise<void> {
  const assets = await readAssets(folder)
  if (assets.size === 0) throw new CommandError('usage', 'the page was not built: run `npm run build`')
  const { view, histories } = await reported(file, options)
  await writeFile(options.out, reportPage(assets, { ...view, frozen: true }, histories)).catch(unwritable(options.out))
  out.write(`${reportSummary(view)}\n\nwritten to ${options.out}\n`)
}

async function reported(file: string | undefined, options: ReportOptions): Promise<Reported> {
  const { fromUrl, tokenEnv, monitor } = options
  if (fromUrl !== undefined && file === undefined) return runningView(fromUrl, tokenEnv, monitor)
  if (fromUrl !== undefined || file === undefined)
    throw new CommandError('usage', 'give either a configuration or --from-url; see driftwatch report --help')
  if (tokenEnv !== undefined) throw new CommandError('usage', '--token-env goes with --from-url: a configuration needs no token')
  return replayedView(file, options)
}

async function replayedView(file: string, options: ReportOptions): Promise<Reported> {
  const config = configurationOfData(file)
  const monitors = options.monitor === undefined ? config.monitors : [chooseMonitor(config, options.monitor)]
  const live = new Live({
    version: packageVersion(),
    streams: config.page.streams,
    described: Number.POSITIVE_INFINITY,
    stateOf: () => ({ is: 'ended' }),
  })
  const collector = ({ name, limits }: MonitorConfig) => live.collector(name, limits.inFlightRecords)
  const watching = {
    lookers: (config: MonitorConfig) => [collector(config)],
    prepared: (config: MonitorConfig, prepared: Prepared) => collector(config).begin(subjectOf(prepared, file)),
  }
  try {
    for (const config of monitors) await replayEvents(config, options, undefined, watching)
    live.look()
    const view = live.view()
    const streams = reportedStreams(view, ({ name }, stream) => live.peak(name, stream))
    return { view, histories: streams.flatMap(({ monitor, stream }) => live.history(monitor, stream) ?? []) }
  } finally {
    live.close()
  }
}
