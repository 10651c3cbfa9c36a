import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { featureNames } from '../../connectors/generator/system.js'
import { historyPath } from '../../references/history.js'
import { sharedReference } from '../kit/desk.js'
import { byId, expectWholeStories } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, type Samples, useProcesses } from '../kit/process.js'
import { type Fault, messagesOf, scenario, type Vector } from '../kit/scenario.js'
import { Stage } from '../kit/stage.js'

const { skip, brokers = [] } = await kafkaOrSkip()
const partitions = 2
const streams = 6
const [changed, collected, each] = [200, 900, 1500]
const release = Array.from(
  { length: streams },
  (_, stream): Fault => ({ stream, feature: 'latency', from: changed, count: each, sigma: 3 }),
)
const burst: Fault = { stream: 0, feature: 'errors', from: 1450, count: 6, sigma: 12 }
const vectors = scenario({ seed: 23, streams, each, faults: [...release, burst] })
const [before, after] = [vectors.slice(0, collected * streams), vectors.slice(collected * streams)]
/** As producers stamp them who send each record at its time. */
const stamped = (some: readonly Vector[]) =>
  messagesOf(some, partitions).map((message, i) => ({ ...message, timestamp: String(some[i].time) }))

/** Another monitor of the process; it has no reference. */
const neighbour = (folder: string, control: object) => ({
  name: 'neighbour',
  source: { generator: { streams: ['a'], rate: 5 } },
  decode: { json: { features: featureNames, stream: 'service', time: 'ts' } },
  reference: { ownPast: {} },
  alerting: { falseAlarmsPerDay: 1, rowsPerDay: 1440 },
  sinks: [{ stdout: {} }],
  deadLetters: { file: { path: join(folder, 'letters.ndjson') } },
  state: { memory: {} },
  control,
})

describe.skipIf(skip)(`a rebaseline that is asked for by a message${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  let stage: Stage
  let control: string
  let config: string
  let reference: string
  beforeAll(async () => {
    reference = await sharedReference(place.folder)
    stage = await Stage.set({ client, brokers, reference, partitions, retention: 'forever' })
    control = await client.topic('control')
    const state = { kafka: { brokers, topic: `${stage.input}-state`, partitions } }
    const told = { kafka: { brokers, topic: control, rebaseline: true } }
    const monitor = stage.monitor({ exactlyOnce: true, state, control: told })
    config = await place.config('watch', { ...stage.config(), monitors: [monitor, neighbour(place.folder, told)] })
  })
  afterAll(() => client.close())

  const history = async () =>
    (await readFile(historyPath(reference), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  const step = (process: Driftwatch, wanted: string) => process.logged('rebaseline step', (line) => line.step === wanted)

  it('is begun again after a restart, and goes on in the running process, with nothing lost, repeated or done twice', {
    timeout: 180_000,
  }, async () => {
    await stage.send(stamped(before))
    const first = new Driftwatch(['run', config])
    await stage.caughtUp(first)
    const [from, to] = [before[changed * streams].time, after[0].time]
    const asked = {
      type: 'rebaseline',
      monitor: stage.name,
      at: new Date(from).toISOString(),
      for: `${to - from}ms`,
      reason: 'release 4.2',
    }
    await client.produce(control, [{ value: JSON.stringify({ ...asked, monitor: 'neighbour' }) }, { value: JSON.stringify(asked) }])
    const { version: old } = await step(first, 'frozen')
    expect((await first.stop()).code).toBe(0)
    expect((await history()).map((line) => line.step)).toEqual(['frozen'])

    const second = new Driftwatch(['run', config])
    const { version } = await step(second, 'activated')
    await second.until((samples) => samples.sum('reference_info', { version: String(version) }) === 1)
    await stage.send(stamped(after))
    const scored = (samples: Samples) => samples.sum('records_scored_total', { monitor: stage.name })
    await second.until((samples) => scored(samples) >= after.length)
    await second.logged('rebaseline settled')
    const samples = await second.metrics()
    expect((await second.stop()).code).toBe(0)

    expect(scored(samples)).toBe(after.length)
    expect(samples.sum('rebaseline_steps_total', { step: 'activated' })).toBe(1)
    const starts = second.lines.filter(({ msg }) => msg === 'watching').map(({ monitor }) => String(monitor))
    expect(starts.toSorted()).toEqual(['neighbour', stage.name, stage.name])
    expect(second.lines.find(({ msg }) => msg === 'rebaseline refused')).toMatchObject({ monitor: 'neighbour', message: `${control}/0/0` })
    expect(await history()).toMatchObject([
      { step: 'frozen', version: old, message: `${control}/0/1`, reason: 'release 4.2' },
      { step: 'frozen', version: old },
      { step: 'collected', version, rows: (collected - changed) * streams },
      { step: 'self-tested', passed: true },
      { step: 'activated', version, before: old },
    ])
    const delivered = (await stage.delivered()).map(({ bytes }) => bytes)
    expectWholeStories(delivered)
    expect(delivered.length).toBe(byId(delivered).size)
    const events = (await stage.delivered()).map(({ event }) => event.data)
    const told = (transition: string, reason: unknown) =>
      events
        .filter((data) => data.transition === transition && data.referenceVersion === reason)
        .map(({ stream, kind }) => `${stream} ${kind}`)
    const drifts = Array.from({ length: streams }, (_, i) => `tenant-${i} drift`)
    expect(told('opened', old)).toEqual(expect.arrayContaining(drifts))
    expect(told('resolved', version)).toEqual(expect.arrayContaining(drifts))
    expect(told('opened', version)).toEqual(expect.arrayContaining(['tenant-0 record']))
  })
})
