import { access, realpath, rename } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { pino } from 'pino'
import type { MonitorConfig } from '../config/monitor.js'
import { ProcessLock } from '../connectors/stores/process-lock.js'
import { BundleError, readBundle, writeBundle } from '../references/bundle.js'
import type { Reference } from '../references/reference.js'
import { bundlePath } from './bundle-path.js'
import { configurationOfData } from './configuration.js'
import { CommandError, unreachable } from './exit.js'
import { type RangeOptions, rangeHelp } from './finite.js'
import { fitWithFindings } from './fit.js'
import { type FitInput, fitInput } from './fit-input.js'
import { disagreement, fitReport } from './fit-report.js'
import { chooseMonitor } from './monitor-option.js'
import { holdSignals } from './rebaseline/hold-signals.js'
import { BaselineRecord } from './rebaseline/record.js'
import { movesReport } from './rebaseline/report.js'
import type { Output } from './terminal.js'

interface RebaselineOptions extends RangeOptions {
  readonly monitor?: string
  readonly reason: string
  readonly activate?: boolean
  readonly message?: string
}

const epilogue = `
Steps, each recorded as a line of <reference.path>.history.ndjson:
  frozen       the reference in use is named; it stays as it is
  collected    the new rows are read and fitted
  self-tested  whether the halves of the new rows agree; where not, it ends here with exit code 3
  activated    with --activate: the old folder is renamed to <reference.path>-<version>, the new one takes its place
  unchanged    the rows are those of the reference in use
  refused      the new rows cannot be a reference; the old one stays

A running monitor is not touched: it keeps the reference that it read at its start. A restart takes the new one. A control message
(docs/references.md) has a running monitor do all of this by itself.

Examples:
  $ driftwatch rebaseline driftwatch.yaml --from 2026-04-02T00:00:00Z --reason 'release 4.2'
  $ driftwatch rebaseline driftwatch.yaml april.csv --reason 'new sensor in line 3' --activate`

export const command = (out: Output = process.stdout): Command =>
  new Command('rebaseline')
    .summary('fit a new reference after a declared change, beside the old one')
    .description(
      'Fits a reference to data from after a change that is meant to stay, tests it, says which features have moved since the old one and ' +
        'how far, and writes it beside the old: <reference.path>-<version>. Nothing is overwritten.',
    )
    .argument('<config>', 'configuration file (YAML)')
    .argument('[data]', 'csv, ndjson or npy file of data from after the change; default: the source of the monitor, since --from')
    .requiredOption('--reason <text>', 'what has changed, for the record; required')
    .option('-m, --monitor <name>', 'which monitor, when the configuration has several')
    .option('--from <point>', `of a topic, since when the change holds: ${rangeHelp}`)
    .option('--to <point>', `of a topic, where to end, exclusive: ${rangeHelp}; default: the present end`)
    .option('--activate', 'put the new reference in the place of the old one, which is renamed')
    .addOption(new Option('--message <place>', 'the control message that asks for it, for the record').hideHelp())
    .addHelpText('after', epilogue)
    .action((file: string, data: string | undefined, options: RebaselineOptions) => rebaseline(file, data, options, out))

async function rebaseline(file: string, data: string | undefined, options: RebaselineOptions, out: Output): Promise<void> {
  if (data === undefined && options.from === undefined)
    throw new CommandError('usage', 'say since when the change holds (--from), or give a file of data from after it')
  const config = chooseMonitor(configurationOfData(file), options.monitor)
  const old = await readBundle(bundlePath(config)).catch(refuse)
  const place = await realpath(bundlePath(config))
  const lock = new ProcessLock(`${place}.rebaseline.lock`)
  await lock.take().catch((error: Error) => unreachable(new Error(`reference ${place} cannot be replaced now: ${error.message}`)))
  const { reason, message } = options
  const record = new BaselineRecord(place, { monitor: config.name, reason, message }, out)
  try {
    await record.step('frozen', { version: old.version })
    const context = { monitor: config.name, logger: pino({ level: 'silent' }) }
    await replace({ config, place, old, record, out }, await fitInput(config, data, options, context), options.activate === true)
  } catch (error) {
    if (error instanceof CommandError && error.reason === 'reference') await record.step('refused', { why: error.message })
    throw error
  } finally {
    await lock.release()
  }
}

interface Rebaseline {
  readonly config: MonitorConfig
  /** The folder of the reference in use. */
  readonly place: string
  readonly old: Reference
  readonly record: BaselineRecord
  readonly out: Output
}

async function replace(work: Rebaseline, input: FitInput, wanted: boolean): Promise<void> {
  const { config, place, old, record, out } = work
  const { reference, findings } = await fitWithFindings(config, input)
  const { version, provenance, selfTest } = reference
  await record.step('collected', { version, rows: provenance.rows, source: provenance.source })
  out.write(`\n${fitReport(reference, config.alerting, findings, out)}\n\n${await movesReport(old, reference)}\n\n`)
  if (version === old.version) {
    await record.step('unchanged', { version })
    out.write('these are the rows of the reference in use: there is nothing to replace\n')
    return
  }
  const written = `${place}-${version}`
  await writeBeside(written, reference)
  const { passed, s1, s2, s3 } = selfTest
  await record.step('self-tested', { version, passed, s1, s2, s3, folder: written })
  if (!passed)
    throw new CommandError(
      'reference',
      `the self-test refused ${written}: its halves disagree: ${disagreement(reference, selfTest)}. Wait for more settled data`,
    )
  if (wanted) await activate(work, written, version)
  out.write(
    wanted
      ? 'running monitors keep the old reference until they are restarted\n'
      : `not activated: say --activate, or set reference.path to ${written}, and restart\n`,
  )
}

/** The same rows fitted again give the same folder with the same content; anything else there is left alone. */
async function writeBeside(folder: string, reference: Reference): Promise<void> {
  if (!(await exists(folder))) return writeBundle(folder, reference).catch(refuse)
  const found = await readBundle(folder).catch(refuse)
  if (found.version !== reference.version) throw new CommandError('reference', `${folder} holds reference ${found.version}; move it away`)
}

/**
 * Two renames: between them there is no reference for a start to read, but never a half one. A process of another machine that
 * renames at the same moment makes one of them fail, for a folder that holds something is never overwritten.
 */
async function activate({ place, old, record }: Rebaseline, written: string, version: string): Promise<void> {
  if ((await readBundle(place).catch(unreachable)).version !== old.version)
    throw new CommandError('unreachable', `another process has replaced ${place} meanwhile; look at what it holds, and try again`)
  const kept = `${place}-${old.version}`
  if (await exists(kept))
    throw new CommandError('reference', `${kept} is there already, so the old reference cannot be kept there; move it away`)
  await holdSignals(async () => {
    await rename(place, kept)
    await rename(written, place).catch(async (error) => {
      await rename(kept, place)
      throw error
    })
  })
  await record.step('activated', { version, folder: place, before: old.version, kept })
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

function refuse(error: unknown): never {
  if (error instanceof BundleError) throw new CommandError('reference', error.message, { cause: error })
  throw error
}
