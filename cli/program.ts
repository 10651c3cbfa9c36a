import { Command, CommanderError } from 'commander'
import { harmless } from '../telemetry/terminal.js'
import { command as backbone } from './backbone.js'
import { command as check } from './check.js'
import { command as compare } from './compare.js'
import { command as demo } from './demo.js'
import { command as doctor } from './doctor.js'
import { CommandError, exitCodeHelp, exitCodeOf, exitCodes } from './exit.js'
import { command as explain } from './explain.js'
import { command as fit } from './fit.js'
import { command as merge } from './merge.js'
import { command as produce } from './produce.js'
import { command as rebaseline } from './rebaseline.js'
import { command as replay } from './replay.js'
import { command as report } from './report.js'
import { command as run } from './run.js'
import { command as schema } from './schema.js'
import { withoutSecrets } from './secrets.js'
import { command as severity } from './severity.js'
import { command as silence } from './silence.js'
import { type Output, paintFor } from './terminal.js'
import { packageVersion } from './version.js'

/** Every command, in the order of the help. */
const commands: readonly ((out: Output) => Command)[] = [
  demo,
  fit,
  merge,
  compare,
  rebaseline,
  run,
  replay,
  (out) => report(out),
  check,
  doctor,
  explain,
  silence,
  severity,
  backbone,
  produce,
  schema,
]

const purpose =
  'Watches live streams of feature vectors: which records are anomalous, when a stream drifts, how severe it is and why, ' +
  'with as many false alarms per day as you ask for.'

const epilogue = `
Start here:
  $ driftwatch demo                                       see it work, without Kafka
  $ driftwatch fit --config driftwatch.yaml normal.csv    learn what normal is
  $ driftwatch check driftwatch.yaml                      find every mistake in the configuration
  $ driftwatch run driftwatch.yaml                        watch

${exitCodeHelp()}

Environment:
  DRIFTWATCH_DEBUG=1  print the stack of an error
  NO_COLOR=1          no colours`

/** The command line with all commands. It throws instead of ending the process; see `runProgram`. */
export function program(out: Output = process.stdout, err: Output = process.stderr): Command {
  const root = new Command('driftwatch')
    .description(purpose)
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help, also of a command')
    .helpCommand(false)
    .showHelpAfterError('(--help says more)')
    .configureOutput({ writeOut: (text) => out.write(text), writeErr: (text) => err.write(text) })
    .exitOverride()
    .addHelpText('after', epilogue)
  for (const command of commands) {
    const made = command(out).copyInheritedSettings(root)
    for (const sub of made.commands) sub.copyInheritedSettings(made)
    root.addCommand(made)
  }
  return root
}

/** Runs a command line and returns the exit code; an error is printed as one message, without its stack. */
export async function runProgram(root: Command, argv: readonly string[], err: Output = process.stderr): Promise<number> {
  try {
    await root.parseAsync(argv)
    return exitCodes.ok.code
  } catch (error) {
    // Commander has printed its own errors, and help.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok.code : exitCodes.usage.code
    printError(error, err)
    return exitCodeOf(error)
  }
}

function printError(error: unknown, err: Output): void {
  const debug = process.env.DRIFTWATCH_DEBUG === '1'
  const message = withoutSecrets(error instanceof Error ? error.message : String(error))
  const lines = message.split('\n').map((line) => harmless(line, 2000))
  if (message !== '') err.write(`${paintFor(err)('red', 'error')}: ${lines.join('\n')}\n`)
  if (debug && error instanceof Error)
    err.write(withoutSecrets(`${error.stack}\n${error.cause === undefined ? '' : `cause: ${error.cause}\n`}`))
  if (!debug && !(error instanceof CommandError)) err.write('This is not expected; DRIFTWATCH_DEBUG=1 prints where it came from.\n')
}
