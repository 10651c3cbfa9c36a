import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { Command } from 'commander'
import { pino } from 'pino'
import { serialise } from '../alerts/compose.js'
import type { AlertEvent } from '../alerts/event.js'
import type { MonitorConfig } from '../config/monitor.js'
import type { DeadLetterSink, Sink } from '../connectors/sink.js'
import type { Source } from '../connectors/source.js'
import { memoryStore } from '../connectors/stores/memory.js'
import type { Graded } from '../pipelines/batch.js'
import type { Scales } from '../pipelines/calibrate.js'
import { Metrics } from '../pipelines/metrics.js'
import type { MonitorParts } from '../pipelines/monitor.js'
import { ConnectError, runMonitor } from '../pipelines/run.js'
import { configurationOfData } from './configuration.js'
import { readControl } from './control.js'
import { CommandError } from './exit.js'
import { finiteSources, type RangeOptions, rangeHelp } from './finite.js'
import { type Connect, type Host, loud } from './host.js'
import { chooseMonitor } from './monitor-option.js'
import { withFile } from './own-file.js'
import { prepareMonitor } from './prepare.js'
import { alertDifferences } from './replay-difference.js'
import { scoreLines } from './score-lines.js'
import { type Output, progress } from './terminal.js'

interface ReplayOptions extends RangeOptions {
  readonly monitor?: string
  readonly input?: string
  readonly out?: string
  readonly scores?: string
  readonly against?: string
}

export const command = (out: Output = process.stdout): Command =>
  new Command('replay')
    .summary('run a configuration over a file or a topic range, delivering nothing')
    .description(
      'Runs the very code of `driftwatch run` over past data, as fast as it goes: nothing is delivered, committed or stored. ' +
        'Writes the alert events that a live run would have sent, one JSON object per line.',
    )
    .argument('<config>', 'configuration file (YAML)')
    .option('-m, --monitor <name>', 'which monitor, when the file has several')
    .option('-i, --input <file>', "a csv, ndjson or npy file instead of the monitor's own source")
    .option('--from <point>', `where to begin: ${rangeHelp}; default: the beginning`)
    .option('--to <point>', `where to end, exclusive: ${rangeHelp}; default: the present end`)
    .option('-o, --out <file>', 'where the alert events go; default: standard output')
    .option('--scores <file>', 'also write one line per record: position, stream, time, score and rate per detector, flagged or not')
    .option('--against <config>', 'replay another configuration too and print which alerts differ; exits 4 when some do')
    .addHelpText(
      'after',
      '\nExamples:\n  $ driftwatch replay driftwatch.yaml --from 2026-03-01T00:00:00Z > alerts.ndjson\n' +
        '  $ driftwatch replay driftwatch.yaml -i march.csv --scores scores.ndjson\n' +
        '  $ driftwatch replay today.yaml --against candidate.yaml',
    )
    .action((file: string, options: ReplayOptions) => replay(file, options, out))

async function replay(file: string, options: ReplayOptions, out: Output): Promise<void> {
  const config = chooseMonitor(configurationOfData(file), options.monitor)
  const scores = options.scores === undefined ? undefined : openLines(options.scores)
  const events = await replayEvents(config, options, (batch, scales) => scores?.write(scoreLines(batch, scales)))
  await scores?.end()
  if (options.against !== undefined) return compare(events, options.against, options, out)
  const lines = options.out === undefined ? undefined : openLines(options.out)
  for (const event of events) (lines ?? out).write(`${serialise(event)}\n`)
  await lines?.end()
}

async function compare(events: readonly AlertEvent[], other: string, options: ReplayOptions, out: Output): Promise<void> {
  const others = await replayEvents(chooseMonitor(configurationOfData(other), options.monitor), options)
  const differences = alertDifferences(events, others)
  out.write(`${differences.report}\n`)
  if (differences.count > 0) throw new CommandError('check', '')
}

/** Who looks on at a replay. */
type Watching = Pick<Host, 'lookers' | 'prepared'>

type OnGraded = (batch: Graded, scales: Scales) => void

/** The alert events that a live run over the same input would have sent, in their order; how much that was goes to standard error. */
export async function replayEvents(
  config: MonitorConfig,
  options: Pick<ReplayOptions, 'input' | 'from' | 'to'>,
  onGraded: OnGraded = () => undefined,
  watching: Watching = {},
): Promise<AlertEvent[]> {
  const context = { monitor: config.name, logger: pino({ level: 'silent' }) }
  const actual = options.input === undefined ? config : await withFile(config, options.input)
  const sources = finiteSources(actual, options, context)
  const events: AlertEvent[] = []
  const bar = progress(`replaying ${config.name}`, undefined)
  const seen = { scored: 0, rejected: 0 }
  for (const source of sources) {
    const count: OnGraded = (batch, scales) => {
      seen.scored += batch.n
      seen.rejected += batch.rejected.length
      bar.update(seen.scored + seen.rejected, `${events.length} alert events`)
      onGraded(batch, scales)
    }
    await replaySource(timeless(actual), source, events, count, watching)
  }
  bar.end()
  const [scored, rejected, raised] = [seen.scored, seen.rejected, events.length].map((count) => count.toLocaleString('en-GB'))
  process.stderr.write(`replayed ${config.name}: ${scored} records scored, ${rejected} rejected, ${raised} alert events\n`)
  return events
}

/** Silence is a matter of the wall clock, which a replay does not have. */
const timeless = (config: MonitorConfig): MonitorConfig => ({ ...config, alerting: { ...config.alerting, noData: undefined } })

/** The same over any source, as it is configured; the events are appended to `events`. */
export async function replaySource(
  config: MonitorConfig,
  source: Source,
  events: AlertEvent[],
  onGraded: OnGraded,
  watching: Watching = {},
): Promise<void> {
  const never = new AbortController().signal
  const collect: Connect = (_, context) => ({
    source,
    required: [collector(events)],
    optional: [],
    deadLetters: discard,
    store: memoryStore.create({}, context),
    control: readControl(config, context),
  })
  const host: Host = {
    ...watching,
    logger: pino({ level: 'silent' }),
    metrics: new Metrics(),
    signals: { stop: never, giveUp: never },
    maxStreams: 0,
    paging: loud,
    lookers: (config) => [{ graded: (batch) => onGraded(batch, scalesOf(monitor.parts)) }, ...(watching.lookers?.(config) ?? [])],
  }
  const monitor = await prepareMonitor(config, host, collect)
  await runMonitor(monitor).catch((error) => {
    if (error instanceof ConnectError) throw new CommandError('unreachable', error.message, { cause: error })
    throw error
  })
}

/** None where there is no reference: then the batch itself has all that is known of its scores. */
const scalesOf = ({ judge }: MonitorParts): Scales => (judge.by === 'reference' ? judge.calibrate : { record: [], drift: [] })

const nothing = async (): Promise<void> => undefined

const collector = (events: AlertEvent[]): Sink => ({
  name: 'replay',
  connect: nothing,
  write: async (event) => void events.push(event),
  close: nothing,
})

const discard: DeadLetterSink = { name: 'replay', connect: nothing, write: nothing, close: nothing }

/** A file that is written line by line. */
function openLines(path: string): { write(text: string): void; end(): Promise<void> } {
  const stream = createWriteStream(path)
  let fault: Error | undefined
  stream.on('error', (error) => (fault = error))
  return {
    write: (text) => void stream.write(text),
    end: async () => {
      stream.end()
      if (fault === undefined) await once(stream, 'close')
      if (fault !== undefined) throw new CommandError('unreachable', `cannot write ${path}: ${fault.message}`, { cause: fault })
    },
  }
}
