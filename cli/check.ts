import { Command } from 'commander'
import { loadConfig } from '../config/load.js'
import type { Config } from '../config/schema.js'
import { OWN_PAST } from '../pipelines/assemble-own-past.js'
import { problemReport } from './configuration.js'
import { CommandError } from './exit.js'
import { type Output, paintFor, table } from './terminal.js'

export const command = (out: Output = process.stdout): Command =>
  new Command('check')
    .summary('check a configuration without starting anything')
    .description(
      'Checks a configuration without starting anything: every problem at once, each with its place, the value found, what was expected and how to mend it. ' +
        'Opens no connection and reads no reference; `driftwatch doctor` does.',
    )
    .argument('<config>', 'configuration file (YAML)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ driftwatch check driftwatch.yaml\n  $ WEBHOOK_SECRET=whsec_ZXhhbXBsZS1leGFtcGxlLWV4YW1wbGUt driftwatch check driftwatch.yaml && echo good',
    )
    .action((file: string) => check(file, out))

function check(file: string, out: Output): void {
  const result = loadConfig(file)
  if (result.ok) {
    out.write(`${summary(result.config)}\n${paintFor(out)('green', 'ok')}: ${file} is valid\n`)
    return
  }
  out.write(`${problemReport(result.problems, file)}\n`)
  throw new CommandError('usage', '')
}

/** What each monitor would do, without any option that could hold a secret. */
const summary = ({ monitors }: Config): string =>
  table([
    ['monitor', 'way', 'detectors', 'budget', 'version'],
    ...monitors.map(({ name, source, decode, sinks, reference, detectors, alerting, version }) => [
      name,
      `${source.type} > ${decode.type} > ${sinks.map((sink) => sink.name).join(', ')}`,
      reference.ownPast === undefined ? detectors.join(', ') : OWN_PAST,
      `${Number(alerting.falseAlarmsPerDay.toPrecision(3))} a day`,
      version,
    ]),
  ])
