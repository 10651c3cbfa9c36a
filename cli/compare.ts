import { Command } from 'commander'
import { short } from '../alerts/words.js'
import { barFor } from '../calibration/budget.js'
import { rateInterval } from '../calibration/count-interval.js'
import type { MonitorConfig } from '../config/monitor.js'
import type { Whitening } from '../detectors/whitening.js'
import type { Reference } from '../references/reference.js'
import { harmless } from '../telemetry/terminal.js'
import { bundlePath } from './bundle-path.js'
import { Tally } from './compare/tally.js'
import { best, FINER, misfit, type Served } from './compare/verdict.js'
import { configurationOfData } from './configuration.js'
import { CommandError } from './exit.js'
import { type RangeOptions, rangeHelp } from './finite.js'
import { chooseMonitor } from './monitor-option.js'
import { loadReference } from './prepare.js'
import { replayEvents } from './replay.js'
import { type Output, table } from './terminal.js'

interface CompareOptions extends RangeOptions {
  readonly monitor?: string
  readonly input?: string
  readonly stream?: string
  readonly json?: boolean
}

const epilogue = `
Give data that none of them was fitted on, and that are normal. All references are held to as many false alarms per record as the
monitor's own: of a budget per day, one that expects a third of the records gets a third.

Examples:
  $ driftwatch compare driftwatch.yaml ./north --input north-april.csv
  $ driftwatch compare driftwatch.yaml ./north ./east --stream north --from 2026-04-01T00:00:00Z`

export const command = (out: Output = process.stdout): Command =>
  new Command('compare')
    .summary('say which of several references serves new data better')
    .description(
      "Replays data by the monitor's own reference and by others, such as one per site, and says which describes them: whether as many " +
        'records are rare as should be, whether the budget is held, and how small a shift each can see. Nothing is delivered.',
    )
    .argument('<config>', 'configuration file (YAML) of the monitor that has the first reference')
    .argument('<references...>', 'bundles to compare with it, fitted with the same configuration')
    .option('-m, --monitor <name>', 'which monitor, when the configuration has several')
    .option('-i, --input <file>', "a csv, ndjson or npy file instead of the monitor's own source")
    .option('--from <point>', `where to begin: ${rangeHelp}; default: the beginning`)
    .option('--to <point>', `where to end, exclusive: ${rangeHelp}; default: the present end`)
    .option('--stream <name>', 'the only stream that counts; default: all')
    .option('--json', 'print one JSON object, for machines')
    .addHelpText('after', epilogue)
    .action((file: string, folders: string[], options: CompareOptions) => compare(file, folders, options, out))

async function compare(file: string, folders: readonly string[], options: CompareOptions, out: Output): Promise<void> {
  const config = chooseMonitor(configurationOfData(file), options.monitor)
  const own = await candidate(config, bundlePath(config))
  const candidates = [own]
  for (const folder of folders) candidates.push(await candidate(config, folder))
  const served: Served[] = []
  for (const one of candidates) served.push(await serve(one, own.reference, options))
  out.write(options.json ? `${JSON.stringify({ references: served.map(plain), better: best(served)?.folder ?? null })}\n` : report(served))
}

interface Candidate {
  readonly folder: string
  readonly config: MonitorConfig
  readonly reference: Reference
}

/** The monitor with the reference of a folder, read before anything is replayed: a later one may be of no use to it. */
async function candidate(monitor: MonitorConfig, folder: string): Promise<Candidate> {
  const config = { ...monitor, reference: { ...monitor.reference, path: folder, acceptRefused: true } }
  const reference = await loadReference(config).catch((error: Error) => {
    throw new CommandError('reference', `${harmless(folder, 60)} cannot be compared: ${error.message}`, { cause: error })
  })
  return { folder, config, reference }
}

/** Replays the data by one reference, without feedback: what it is worth by itself. */
async function serve({ folder, config, reference }: Candidate, first: Reference, options: CompareOptions): Promise<Served> {
  const { alerting } = config
  const perRecord = alerting.falseAlarmsPerDay / first.calibration.rowsPerDay
  const changed: MonitorConfig = {
    ...config,
    alerting: { ...alerting, feedback: false, falseAlarmsPerDay: perRecord * reference.calibration.rowsPerDay },
  }
  const {
    budgetPerDay,
    reachablePerDay = budgetPerDay,
    status,
  } = barFor(reference.calibration, changed.alerting.falseAlarmsPerDay, reference.selfTest.passed)
  const tally = new Tally(reference, options.stream)
  const events = await replayEvents(changed, options, (batch, scales) => tally.add(batch, scales))
  if (tally.records === 0) throw new CommandError('usage', nothingCounted(options))
  const alerts = events.filter(({ data }) => data.transition === 'opened' && isAlarm(data.kind) && counts(data.stream, options)).length
  return {
    folder,
    excess: tally.excess(),
    alerts,
    allowed: perRecord * tally.records,
    likely: rateInterval(alerts, 1),
    status,
    reachable: reachablePerDay / budgetPerDay,
    spread: spreadBeside(reference, first),
  }
}

const isAlarm = (kind: string): boolean => kind === 'record' || kind === 'drift'
const counts = (name: string, { stream }: CompareOptions): boolean => stream === undefined || stream === name
const nothingCounted = ({ stream }: CompareOptions): string =>
  stream === undefined ? 'no record of the data could be scored' : `no record of stream ${stream} could be scored`

function spreadBeside({ features, constant, whitening }: Reference, first: Reference): number | undefined {
  if (features.join('\n') !== first.features.join('\n') || constant.join('\n') !== first.constant.join('\n')) return undefined
  return Math.exp(logSpread(whitening) - logSpread(first.whitening))
}

/** Mean over the directions of the logarithm of the standard deviation. */
function logSpread({ scale, logDet, active }: Whitening): number {
  const varying = scale.filter((_, j) => active[j])
  return (varying.reduce((sum, one) => sum + Math.log(one), 0) + logDet / 2) / varying.length
}

const plain = (served: Served) => {
  const { excess, likely, ...rest } = served
  return { ...rest, likely, excess: excess.value, describes: misfit(served) === undefined }
}

function report(served: readonly Served[]): string {
  const rows = served.map((one) => [
    harmless(one.folder, 60),
    `${short(5 * one.excess.value)} %`,
    `${one.alerts} of ${short(one.allowed)} (${short(one.likely[0])} to ${short(one.likely[1])})`,
    one.status,
    one.spread === undefined ? 'other features' : short(one.spread),
    misfit(one) ?? 'describes the data',
  ])
  return `${table([['reference', 'rarest 5 %', 'alerts of allowed', 'status', 'spread', ''], ...rows])}\n\n${sentence(served)}\n`
}

function sentence(served: readonly Served[]): string {
  const [first] = served
  const better = best(served)
  if (better === undefined) return 'None of them describes these data: fit one to them, or look at what changed.'
  const name = harmless(better.folder, 60)
  if (better === first) return `${name} serves these data: no other describes them and sees smaller shifts.`
  const unfit = misfit(first)
  const why = unfit === undefined ? '' : `; ${harmless(first.folder, 60)} ${unfit}`
  const finer = (better.spread ?? 1) < FINER ? `: shifts of ${short(better.spread ?? 1)} times the size are as far out in it` : ''
  return `${name} serves these data better${finer}${why}.`
}
