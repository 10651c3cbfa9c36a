import { beforeAll, describe, expect, it } from 'vitest'
import { loud } from '../../cli/host.js'
import { prepareMonitor } from '../../cli/prepare.js'
import { loadConfig } from '../../config/load.js'
import type { MonitorConfig } from '../../config/monitor.js'
import type { RawRecord } from '../../connectors/records.js'
import { Metrics } from '../../pipelines/metrics.js'
import { runMonitor } from '../../pipelines/run.js'
import { silent } from '../contract/silent-logger.js'
import { uniforms } from '../detectors/samples.js'
import { sharedReference } from '../kit/desk.js'
import { expectSameEvents, expectWholeStories } from '../kit/events.js'
import { useProcesses } from '../kit/process.js'
import { encodings, features, messagesOf, scenario, troubles } from '../kit/scenario.js'
import { Crash, Life, type LifeOptions, World } from '../kit/world.js'

const partitions = 2
const never = new AbortController().signal

/** Two partitions of three streams each; half of the records of a stretch cannot be decoded, which is trouble with the feed. */
const log = (): RawRecord[][] => {
  const messages = messagesOf(scenario({ seed: 23, streams: 6, each: 700, faults: troubles(700) }), partitions)
  return Array.from({ length: partitions }, (_, partition) =>
    messages
      .filter((message) => message.partition === partition)
      .map(({ value }, offset): RawRecord => {
        const broken = offset % 2 === 1 && offset > 300 && offset < 600
        return { offset, timestamp: Date.UTC(2026, 2, 1), key: null, value: Buffer.from(broken ? 'broken' : String(value)) }
      }),
  )
}

describe('a monitor that dies anywhere', () => {
  const place = useProcesses()
  let config: MonitorConfig
  let undisturbed: World

  beforeAll(async () => {
    const reference = await sharedReference(place.folder)
    const file = await place.config('recovery', {
      monitors: [
        {
          name: 'watch',
          source: { generator: {} },
          decode: encodings.json.decode,
          features,
          reference: { path: reference },
          alerting: { falseAlarmsPerDay: 1 },
          sinks: [{ stdout: {} }],
        },
      ],
    })
    const loaded = loadConfig(file)
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems))
    config = loaded.config.monitors[0]
    undisturbed = new World('input', log())
    await live(undisturbed, { steps: Number.POSITIVE_INFINITY, losing: 0, uniform: uniforms(1) })
  })

  /** One process, from its start to its end or its crash. Its clock runs 300 ms from one look to the next. */
  const live = async (world: World, options: LifeOptions): Promise<void> => {
    let time = Date.now()
    const now = () => (time += 300)
    const host = { logger: silent, metrics: new Metrics(), signals: { stop: never, giveUp: never }, maxStreams: 0, paging: loud }
    const { parts, ...rest } = await prepareMonitor(config, host, () => new Life(world, options).connections())
    await runMonitor({ ...rest, parts: { ...parts, checkpoint: { ...parts.checkpoint, now } } })
  }

  it('has something to tell', () => {
    expectWholeStories(undisturbed.delivered())
    const opened = undisturbed.events.filter(({ data }) => data.transition === 'opened').map(({ data }) => data.kind)
    expect(new Set(opened)).toEqual(new Set(['record', 'drift', 'feed']))
    const resolved = undisturbed.events.filter(({ data }) => data.transition === 'resolved').map(({ data }) => data.kind)
    expect(new Set(resolved)).toEqual(new Set(['record', 'drift', 'feed']))
  })

  it.each([2, 3])('does not depend on how the input is cut into batches (%i)', async (seed) => {
    const world = new World('input', log())
    await live(world, { steps: Number.POSITIVE_INFINITY, losing: 0, uniform: uniforms(seed) })
    expectSameEvents(world.delivered(), undisturbed.delivered())
  })

  it.each([1, 2, 3, 4])('raises the same alerts and buries the same records (schedule %i)', async (seed) => {
    const uniform = uniforms(seed)
    const world = new World('input', log())
    let lives = 0
    for (let over = false; !over; lives++) {
      const options = { steps: Math.ceil(uniform() * 400), losing: uniform() * 0.1, uniform }
      over = await live(world, options).then(
        () => true,
        (error) => {
          if (!(error instanceof Crash)) throw error
          return false
        },
      )
    }
    expect(lives).toBeGreaterThan(2)
    expectSameEvents(world.delivered(), undisturbed.delivered())
    expectWholeStories(world.delivered())
    expect([...world.committed].toSorted()).toEqual(world.log.map((records, partition) => [partition, records.length]))
    expect(places(world)).toEqual(places(undisturbed))
  })
})

/** Where the dead letters come from, each once. */
const places = ({ letters }: World) => [...new Set(letters.map(({ origin: { partition, offset } }) => `${partition}/${offset}`))].toSorted()
