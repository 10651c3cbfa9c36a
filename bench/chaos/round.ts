import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Message } from 'kafkajs'
import type { drivers } from '../../connectors/kafka/fetch.js'
import { uniforms } from '../../tests/detectors/samples.js'
import { lines } from '../../tests/kit/comparison.js'
import { driftwatch } from '../../tests/kit/driftwatch.js'
import type { RunningKafka } from '../../tests/kit/kafka-broker.js'
import { KafkaTestClient } from '../../tests/kit/kafka-client.js'
import { isPoison, messagesOf, poisoned, scenario, troublesAllAlong } from '../../tests/kit/scenario.js'
import { Stage, signingSecret } from '../../tests/kit/stage.js'
import { WebhookReceiver } from '../../tests/kit/webhook-receiver.js'
import { type FaultKind, Injector } from './faults.js'
import { type Exit, Fleet } from './fleet.js'
import { exactly, type Finding, judgeEvents, judgeLetters, judgePlaces, type Verdict } from './verdict.js'

export interface RoundOptions {
  readonly broker: RunningKafka
  /** Folder of the reference. */
  readonly reference: string
  /** Where configurations and, when something is wrong, logs go. */
  readonly folder: string
  readonly seed: number
  readonly round: number
  /** The faults, in their order. */
  readonly faults: readonly FaultKind[]
  /** Mean time from one fault to the next, ms. */
  readonly gap: number
  readonly driver: (typeof drivers)[number]
  /** Whether the monitor delivers exactly once; a repetition in the alert topic is then a fault. */
  readonly exactlyOnce: boolean
}

export interface RoundReport {
  readonly round: number
  readonly driver: string
  readonly exactlyOnce: boolean
  readonly records: number
  readonly events: number
  readonly faults: ReadonlyMap<FaultKind, number>
  readonly kills: number
  readonly rebalances: number
  /** How long partitions stood still when they were shared out anew, ms. */
  readonly handovers: readonly number[]
  readonly exits: readonly Exit[]
  readonly peakRss: number
  readonly repetitions: number
  readonly findings: readonly Finding[]
}

const partitions = 4
const streams = 8
const recordsPerStream = 1500
const members = 3
const sessionTimeout = 2000
/** A fault waits for somebody to work, but not longer, ms. */
const longestIdle = 15_000
/** From the last fault's end until all is worked off, ms. */
const longestRecovery = 120_000

/**
 * One round: a fresh scenario goes through a group of processes while faults are injected. Then everything must be as after
 * an undisturbed run of the same input, which `replay` is.
 */
export async function playRound(options: RoundOptions): Promise<RoundReport> {
  const { broker, reference, seed, round, driver } = options
  const uniform = uniforms(seed * 10_007 + round)
  // One of its own: a kafkajs client never forgets a topic, and stumbles over one that was deleted.
  const client = new KafkaTestClient(broker.brokers)
  const receiver = await WebhookReceiver.start(signingSecret)
  const stage = await Stage.set({
    client,
    brokers: broker.brokers,
    reference,
    partitions,
    source: { driver, sessionTimeout: `${sessionTimeout}ms` },
  })
  const config = await configure(options, stage, receiver)
  receiver.beforeAnswer = () => sleep(30 * uniform())
  const fleet = new Fleet(config, uniform)
  const injector = new Injector({ broker, fleet, receiver, uniform, sessionTimeout })
  const sent = roundInput(seed, round)
  try {
    for (let i = 0; i < members; i++) fleet.join()
    await disturb({ ...options, fleet, injector, uniform }, slices(sent, options.faults.length + 2), (slice) => stage.send(slice))
    const stuck = await workedOff(stage)
    await fleet.end()
    const expected = lines((await driftwatch(['replay', config])).stdout)
    // What the topic holds, not what was sent: the client that sends may do it twice when the broker dies.
    const input = await client.readAll(stage.input)
    const verdicts = await judge(options, { stage, receiver, input, expected })
    const findings = [...stuck, ...fleet.exits.flatMap(defects), ...verdicts.flatMap(({ findings }) => findings)]
    if (findings.length > 0) await keepLogs(options, fleet)
    else await client.admin.deleteTopics({ topics: [stage.input, stage.alerts, stage.letters, stateTopic(stage)] })
    return {
      round,
      driver: options.driver,
      exactlyOnce: options.exactlyOnce,
      records: input.length,
      events: expected.length,
      faults: injector.counts,
      kills: fleet.kills,
      rebalances: fleet.rebalances,
      handovers: fleet.handovers(),
      exits: fleet.exits,
      peakRss: fleet.peakRss,
      repetitions: verdicts.reduce((sum, { repetitions }) => sum + repetitions, 0),
      findings,
    }
  } finally {
    await fleet.end()
    await receiver.close()
    await client.close()
  }
}

const stateTopic = ({ input }: Stage) => `${input}-state`

async function configure({ broker, folder, exactlyOnce }: RoundOptions, stage: Stage, receiver: WebhookReceiver): Promise<string> {
  const policies = { retry: { initialDelay: '50ms', maxDelay: '500ms' }, breaker: { probeAfter: '200ms' } }
  const webhook = { webhook: { url: receiver.url, secret: signingSecret, timeout: '500ms' }, ...policies }
  const state = { kafka: { brokers: broker.brokers, topic: stateTopic(stage), partitions } }
  // Few records in flight: what is delivered slowly is also read slowly, and its state saved on the way.
  const changes = { sinks: [stage.alertTopic(), webhook], state, limits: { inFlightRecords: 1024 }, exactlyOnce }
  const path = join(folder, `${stage.input}.yaml`)
  await writeFile(path, JSON.stringify(stage.config(changes)))
  return path
}

const roundInput = (seed: number, round: number): Message[] => {
  const faults = troublesAllAlong(recordsPerStream)
  return poisoned(messagesOf(scenario({ seed: seed * 10_007 + round, streams, each: recordsPerStream, faults }), partitions))
}

const slices = <Item>(items: readonly Item[], count: number): Item[][] => {
  const size = Math.ceil(items.length / count)
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size))
}

interface Disturbance extends RoundOptions {
  readonly fleet: Fleet
  readonly injector: Injector
  readonly uniform: () => number
}

/** Sends the input slice by slice and injects the faults between them, at random times; resolves when all faults are over. */
async function disturb(
  { faults, gap, fleet, injector, uniform }: Disturbance,
  [first, ...rest]: Message[][],
  send: (slice: Message[]) => Promise<void>,
): Promise<void> {
  await send(first)
  for (const [i, slice] of rest.entries()) {
    await injector.brokerIsUp()
    await send(slice)
    await fleet.working(longestIdle)
    await sleep(-Math.log(uniform()) * gap)
    if (i < faults.length) injector.inject(faults[i])
  }
  await injector.allOver()
}

async function workedOff(stage: Stage): Promise<Finding[]> {
  const deadline = performance.now() + longestRecovery
  for (;;) {
    const { ends, committed } = await stage.places()
    if (ends.every((end, partition) => committed[partition] === end)) return []
    if (performance.now() > deadline)
      return [{ kind: 'defect', count: 1, what: `not worked off within ${longestRecovery / 1000} s of the last fault's end` }]
    await sleep(300)
  }
}

interface Outcome {
  readonly stage: Stage
  readonly receiver: WebhookReceiver
  readonly input: Awaited<ReturnType<KafkaTestClient['readAll']>>
  readonly expected: readonly string[]
}

async function judge({ exactlyOnce }: RoundOptions, { stage, receiver, input, expected }: Outcome): Promise<Verdict[]> {
  const once = (verdict: Verdict, where: string) => (exactlyOnce ? exactly(verdict, where) : verdict)
  // Both topics are read with \`read_committed\`.
  const inTopic = (await stage.delivered()).map(({ bytes }) => bytes)
  const unusable = input.filter(isPoison).map(({ partition, offset }) => `${partition}/${offset}`)
  const posted = receiver.accepted.map(({ body }) => body)
  return [
    judgePlaces(await stage.places()),
    once(judgeLetters(await stage.buried(), new Set(unusable)), 'of dead letters'),
    once(judgeEvents('in the alert topic', inTopic, expected), 'in the alert topic'),
    judgeEvents('at the webhook', posted, expected),
  ]
}

/** Exit codes that a fault outside explains: not reached at start, a fault while running, not drained in time. */
const explained: readonly (number | null)[] = [5, 6, 7]

const defects = ({ code, signal, lastWords }: Exit): Finding[] =>
  explained.includes(code) ? [] : [{ kind: 'defect', count: 1, what: `a process ended with ${code ?? signal}: ${lastWords}` }]

async function keepLogs({ folder, seed, round }: RoundOptions, fleet: Fleet): Promise<void> {
  const logs = await Promise.all(fleet.members.map(async ({ ended }) => (await ended).stderr))
  await Promise.all(logs.map((log, i) => writeFile(join(folder, `seed-${seed}-round-${round}-process-${i}.log`), log)))
}
