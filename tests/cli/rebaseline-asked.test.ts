import { describe, expect, it } from 'vitest'
import { rebaselinesOf } from '../../cli/rebaseline/asked.js'
import { parseConfig } from '../../config/load.js'
import { Metrics } from '../../pipelines/metrics.js'
import { config } from '../config/texts.js'
import { silent } from '../contract/silent-logger.js'

/** Steps counted after a message asked a monitor with such a control. */
async function stepsAfter(control: string): Promise<string[]> {
  const parsed = parseConfig(config({ control, source: '{ kafka: { brokers: [localhost:9092], topics: [in], group: g } }' }), {})
  if (!parsed.ok) throw new Error(parsed.problems.map(({ message }) => message).join('\n'))
  const all = new Metrics()
  const metrics = all.forMonitor('watch', { detectors: [], sinks: [], maxStreams: 1 })
  const process = { file: 'driftwatch.yaml', signals: { stop: new AbortController().signal }, renew: () => undefined }
  const rebaselines = rebaselinesOf(parsed.config.monitors[0], 'v1', process, metrics, silent)
  rebaselines.ask({ from: 0, to: 60_000, reason: 'release 4.2', said: { place: 'control/0/1', time: 0 } })
  const lines = (await all.registry.metrics()).split('\n')
  return lines.flatMap((line) => line.match(/^driftwatch_rebaseline_steps_total\{.*step="(\w+)".* [1-9]/)?.slice(1) ?? [])
}

describe('a monitor that is asked for a rebaseline', () => {
  it('refuses unless its configuration allows messages to ask for it', async () => {
    expect(await stepsAfter('{ kafka: { brokers: [localhost:9092], topic: deploys } }')).toEqual(['refused'])
    expect(await stepsAfter('{ kafka: { brokers: [localhost:9092], topic: deploys, rebaseline: true } }')).toEqual([])
  })
})
