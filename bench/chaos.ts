import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { drivers } from '../connectors/kafka/fetch.js'
import { uniforms } from '../tests/detectors/samples.js'
import { killAll } from '../tests/kit/driftwatch.js'
import { startKafka } from '../tests/kit/kafka-broker.js'
import { fitNormal } from '../tests/kit/reference.js'
import { type FaultKind, faultKinds } from './chaos/faults.js'
import { findingLines, roundLine, summary } from './chaos/report.js'
import { playRound, type RoundReport } from './chaos/round.js'

/** Faults of a round, and the mean time from one to the next, ms. */
const faultsPerRound = 16
const gap = 1000

interface Options {
  readonly minutes: number
  readonly seed: number
  readonly round?: number
}

export const chaos = new Command('chaos')
  .description(
    'Lets a group of processes watch made-up streams while it kills them, makes members join and leave, kills the broker and breaks ' +
      'the webhook; then compares what came out with an undisturbed run. Exit code 1 when anything is lost, missing or repeated.',
  )
  .option('--minutes <minutes>', 'begin rounds for so long', Number, 5)
  .option('--seed <seed>', 'seed of input and faults', Number, Date.now() % 1_000_000)
  .option('--round <round>', 'only this round', Number)
  .action(run)

async function run({ minutes, seed, round }: Options): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'driftwatch-chaos-'))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  process.once('exit', () => void killAll())
  const broker = await startKafka()
  const reports: RoundReport[] = []
  process.stdout.write(`seed ${seed}\n`)
  try {
    const reference = await fitNormal(folder)
    const until = performance.now() + 60_000 * minutes
    for (let next = round ?? 1; reports.length === 0 || (round === undefined && performance.now() < until); next++) {
      // Both drivers with both ways of delivery, in turns.
      const driver = drivers[Math.floor(next / 2) % 2]
      const exactlyOnce = next % 2 === 0
      const faults = drawFaults(seed, next)
      const report = await playRound({ broker, reference, folder, seed, round: next, driver, exactlyOnce, faults, gap })
      reports.push(report)
      process.stdout.write(`${[roundLine(report), ...findingLines(report, seed, folder)].join('\n')}\n`)
    }
  } finally {
    await killAll()
    await broker.stop()
  }
  process.stdout.write(`${summary(reports)}\n`)
  if (reports.some(({ findings }) => findings.length > 0)) process.exitCode = 1
  else await rm(folder, { recursive: true, force: true })
}

/** Kills and changes of the membership come more often than the rest. */
function drawFaults(seed: number, round: number): FaultKind[] {
  const uniform = uniforms(seed * 7919 + round)
  const urn: readonly FaultKind[] = [...faultKinds, 'kill', 'kill', 'kill', 'kill', 'join', 'join', 'leave', 'broker', 'pause']
  return Array.from({ length: faultsPerRound }, () => urn[Math.floor(uniform() * urn.length)])
}
