import { Command } from 'commander'
import { pino } from 'pino'
import type { MonitorConfig } from '../config/monitor.js'
import type { ComponentContext } from '../connectors/component.js'
import { mapOf, plainMap } from '../kinds/feature-map.js'
import { readBundle } from '../references/bundle.js'
import { type Colour, harmless } from '../telemetry/terminal.js'
import { wholeNumber } from './arguments.js'
import { bundlePath } from './bundle-path.js'
import { configuration } from './configuration.js'
import { connectionChecks } from './doctor/connections.js'
import { type Check, type Finding, type Level, ok, perform } from './doctor/finding.js'
import { nullCheck, nullPatienceMs } from './doctor/null.js'
import { ownPastCheck } from './doctor/own-past.js'
import { picturesCheck } from './doctor/pictures.js'
import { referenceChecks, scoringCheck } from './doctor/reference.js'
import { sampleCheck } from './doctor/sample.js'
import { CommandError } from './exit.js'
import { makeCodec } from './host.js'
import { banksOf } from './picture-backbone.js'
import { ownPastSettings } from './prepare-own-past.js'
import { withoutSecrets } from './secrets.js'
import { type Output, paintFor, table } from './terminal.js'

interface DoctorOptions {
  readonly create?: boolean
  readonly sample?: number
  /** A file, or true: the monitor's own input. */
  readonly null?: string | true
}

export const command = (out: Output = process.stdout): Command =>
  new Command('doctor')
    .summary('check everything that a configuration needs, without watching')
    .description(
      'Looks at everything that `driftwatch run` would need: the reference, how far its calibration carries the budget, whether the execution ' +
        'provider reproduces its scores (of pictures also what the backbone makes of golden ones, and how long it takes), brokers, topics, sinks, files. Joins no group of yours, delivers nothing and changes nothing, ' +
        'unless told to with --create; --null keeps a record of what was tried, <reference.path>.tries.ndjson. A webhook is not called: its receiver would take it for an alert. No check waits longer than 10 s, but for --null, which fits to all of its data.',
    )
    .argument('<config>', 'configuration file (YAML)')
    .option('--create', "make missing topics: for alerts and dead letters with the brokers' defaults, for state compacted")
    .option('--sample <n>', 'also decode about n records: the last of the topics, or the first of another source', wholeNumber(1))
    .option(
      '--null [data]',
      'also replay normal data (a file, or the input of the monitor) through the alarm logic, each record judged by fits to others, and ' +
        'compare the alerts with the budget',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ driftwatch doctor driftwatch.yaml\n  $ driftwatch doctor driftwatch.yaml --create --sample 1000\n  $ driftwatch doctor driftwatch.yaml --null normal.csv\n' +
        '  $ driftwatch doctor driftwatch.yaml && driftwatch run driftwatch.yaml\n\n' +
        'Exit code 0 when nothing FAILs (warnings do not count), 4 when something does, 2 when the configuration is not valid.',
    )
    .action((file: string, options: DoctorOptions) => doctor(file, options, out))

async function doctor(file: string, options: DoctorOptions, out: Output): Promise<void> {
  const { monitors } = configuration(file)
  const all = monitors.map((monitor) => examine(monitor, options))
  const counts: Record<Level, number> = { ok: 0, warn: 0, fail: 0 }
  for (const [i, { name }] of monitors.entries()) {
    const findings = await all[i]
    for (const { level } of findings) counts[level]++
    out.write(`${paintFor(out)('bold', name)}\n${report(findings, out)}\n\n`)
  }
  out.write(`${counts.ok} ok, ${counts.warn} to know of, ${counts.fail} FAILED\n`)
  if (counts.fail > 0) throw new CommandError('check', '')
}

/** Does all checks of a monitor side by side. */
async function examine(config: MonitorConfig, { create = false, sample, null: data }: DoctorOptions): Promise<Finding[]> {
  const context = { monitor: config.name, logger: pino({ level: 'silent' }) }
  const checks = [
    { name: 'configuration', look: async () => ok(`valid, version ${config.version}`) },
    ...(await scoringChecks(config, sample, context)),
    ...connectionChecks(config, create, context),
  ]
  const findings = (await Promise.all(checks.map((check) => perform(check)))).flat()
  if (data === undefined) return findings
  bundlePath(config)
  return [...findings, ...(await perform(nullCheck(config, data === true ? undefined : data, context), nullPatienceMs))]
}

/** From the reference to decoded records. What cannot be read or made stands for all that builds on it. */
async function scoringChecks(config: MonitorConfig, sample: number | undefined, context: ComponentContext): Promise<Check[]> {
  if (config.reference.ownPast !== undefined) return ownPastChecks(config, sample, context)
  const [bundle] = await Promise.allSettled([readBundle(bundlePath(config))])
  if (bundle.status === 'rejected') return [{ name: 'reference', look: () => Promise.reject(bundle.reason) }]
  const { features } = bundle.value
  const checks = referenceChecks(config, bundle.value)
  const [codec] = await Promise.allSettled([makeCodec(config, mapOf(bundle.value), context)])
  if (codec.status === 'rejected') return [...checks, { name: 'decode', look: () => Promise.reject(codec.reason) }]
  checks.push(scoringCheck(config, bundle.value, codec.value))
  if (config.pictures !== undefined) checks.push(picturesCheck(config, bundle.value, codec.value))
  if (sample !== undefined) checks.push(sampleCheck(config, codec.value, features.length, sample, context, banksOf(bundle.value)))
  return checks
}

/** From the names of the features to decoded records. */
async function ownPastChecks(config: MonitorConfig, sample: number | undefined, context: ComponentContext): Promise<Check[]> {
  const checks = [ownPastCheck(config)]
  const [own] = await Promise.allSettled([ownPastSettings(config)])
  if (own.status === 'rejected' || own.value === undefined) return checks
  const { features } = own.value
  const [codec] = await Promise.allSettled([makeCodec(config, plainMap(features), context)])
  if (codec.status === 'rejected') return [...checks, { name: 'decode', look: () => Promise.reject(codec.reason) }]
  return sample === undefined ? checks : [...checks, sampleCheck(config, codec.value, features.length, sample, context)]
}

const shown: Readonly<Record<Level, readonly [string, Colour]>> = { ok: ['ok', 'green'], warn: ['warn', 'yellow'], fail: ['FAIL', 'red'] }
/** Longest line of a finding: an error of a broker can be long, a name from outside longer still. */
const longest = 1000

function report(findings: readonly Finding[], out: Output): string {
  const paint = paintFor(out)
  const rows = findings.flatMap(({ check, level, line, mend }) => {
    const [word, colour] = shown[level]
    const row = [`  ${paint(colour, word)}`, harmless(check), harmless(withoutSecrets(line), longest)]
    return mend === undefined ? [row] : [row, ['', '', `→ ${harmless(mend, longest)}`]]
  })
  return table(rows)
}
