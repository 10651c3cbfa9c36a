import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { replaySource } from '../../cli/replay.js'
import type { MonitorConfig } from '../../config/monitor.js'
import { configSchema } from '../../config/schema.js'
import { Live } from '../../live/live.js'
import { subjectOf } from '../../live/subject.js'
import type { MonitorView } from '../../live/view.js'
import { silent } from '../contract/silent-logger.js'
import { sharedReference } from '../kit/desk.js'
import { csvOf, type Fault, features, scenario } from '../kit/scenario.js'

const EACH = 1000
const faults: readonly Fault[] = [
  { stream: 0, feature: 'latency', from: 500, count: 40, sigma: 9 },
  { stream: 2, feature: 'queue', from: 980, count: 20, sigma: 8 },
]

describe('what is gathered of a run with known faults', () => {
  let folder: string
  let live: Live
  let monitor: MonitorView
  let clean: MonitorView

  /** What the live page shows after a replay, with so many histories. */
  const watched = async (name: string, vectors: ReturnType<typeof scenario>, streams: number): Promise<Live> => {
    const path = join(folder, `${name}.csv`)
    await writeFile(path, csvOf(vectors))
    const [config] = configSchema.parse({
      monitors: [
        {
          name: 'shop',
          source: { file: { path } },
          decode: { csv: { stream: 'tenant', time: 'ts' } },
          features,
          reference: { path: join(folder, 'reference') },
          alerting: { falseAlarmsPerDay: '3/day' },
          sinks: [{ stdout: {} }],
        },
      ],
    }).monitors
    const gathered = new Live({ version: '1.2.3', streams, described: 1e6, stateOf: () => ({ is: 'ended' }) })
    const collector = ({ name, limits }: MonitorConfig) => gathered.collector(name, limits.inFlightRecords)
    await replaySource(config, config.source.create({ monitor: 'shop', logger: silent }), [], () => undefined, {
      lookers: (one) => [collector(one)],
      prepared: (one, prepared) => collector(one).begin(subjectOf(prepared, 'shop.yaml')),
    })
    gathered.look()
    gathered.close()
    return gathered
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driftwatch-live-'))
    await sharedReference(folder)
    live = await watched('faulty', scenario({ seed: 2, streams: 6, each: EACH, faults }), 6)
    ;[monitor] = live.view().monitors
    ;[clean] = (await watched('clean', scenario({ seed: 3, streams: 6, each: EACH }), 2)).view().monitors
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('lists every stream, those with an open alert first, with words for their state', () => {
    const [first, ...others] = monitor.streams
    expect(first).toMatchObject({ name: 'tenant-2', status: 'open', records: EACH })
    expect(first.severity).toBeDefined()
    expect(others.map(({ name, status }) => [name, status])).toEqual(
      ['tenant-0', 'tenant-1', 'tenant-3', 'tenant-4', 'tenant-5'].map((name) => [name, 'quiet']),
    )
    expect(monitor.streamCount).toBe(6)
    expect(monitor.pipeline.records).toBe(6 * EACH)
    expect(monitor.period).toEqual([Date.UTC(2026, 2, 1), expect.any(Number)])
  })

  it('keeps each alert with its life and the command that explains its worst record', () => {
    const alert = monitor.alerts.find(({ latest }) => latest.stream === 'tenant-0' && latest.kind === 'record')
    expect(alert).toMatchObject({ open: false, latest: { transition: 'resolved' } })
    expect(alert?.life[0]).toMatchObject({ transition: 'opened', reason: 'first_alarm' })
    expect(alert?.life.at(-1)).toMatchObject({ transition: 'resolved' })
    expect(alert?.explain).toMatch(/^driftwatch explain --config shop\.yaml --monitor shop --at '?[^ ]*\/0\/\d+'?$/)
    expect(monitor.alerts.filter(({ open }) => open).map(({ latest }) => latest.stream)).toContain('tenant-2')
    const opens = monitor.alerts.map(({ open }) => open)
    expect(opens).toEqual([...opens].sort((one, other) => Number(other) - Number(one)))
  })

  it('shows in the history when it was, how rare, how far over the limit, and which feature stood out', () => {
    const history = live.history('shop', 'tenant-0')
    const episode = history?.episodes.find(({ kind }) => kind === 'record')
    expect(episode?.to).toBeGreaterThan(episode?.from ?? Number.POSITIVE_INFINITY)
    const inside = history?.times.findIndex((time) => time + history.span > (episode?.from ?? 0)) ?? -1
    const rarest = history?.record.map((a) => a ?? Number.NEGATIVE_INFINITY) ?? []
    expect(rarest[inside]).toBeGreaterThan(monitor.axis.bar)
    expect(history?.features[inside][0]).toMatchObject({ feature: 'latency' })
    expect(history?.features[inside][0].sigma).toBeGreaterThan(5)
    expect(Math.max(...(history?.effects.map(({ values }) => values[inside] ?? 0) ?? []))).toBeGreaterThan(1)
    // What was before the fault is quiet.
    expect(Math.max(...rarest.slice(0, Math.floor(inside / 2)))).toBeLessThan(rarest[inside])
    expect(history?.effects.map(({ detector }) => detector)).toEqual(expect.arrayContaining(['gaussian', 'hotelling']))
  })

  it('tells only what came since, in spans of the same width', () => {
    const all = live.history('shop', 'tenant-1')
    const since = all?.times[all.times.length - 3] ?? 0
    expect(live.history('shop', 'tenant-1', since)).toEqual({
      ...all,
      times: all?.times.slice(-3),
      record: all?.record.slice(-3),
      drift: all?.drift.slice(-3),
      effects: all?.effects.map(({ detector, values }) => ({ detector, values: values.slice(-3) })),
      features: all?.features.slice(-3),
    })
    expect(live.history('shop', 'nobody')).toBeUndefined()
    expect(live.history('nothing', 'tenant-1')).toBeUndefined()
  })

  it('finds p-values of clean records uniform, and counts the budget asked and seen', () => {
    const { counts } = clean.pValues.find(({ detector }) => detector === 'gaussian') ?? { counts: [] }
    const n = counts.reduce((sum, count) => sum + count, 0)
    expect(n).toBeGreaterThan(50)
    // In quarters of 15 each on average, five standard deviations off would be no chance.
    for (let quarter = 0; quarter < 4; quarter++) {
      const inside = counts.slice(5 * quarter, 5 * quarter + 5).reduce((sum, count) => sum + count, 0)
      expect(Math.abs(inside - n / 4)).toBeLessThan(5 * Math.sqrt((3 * n) / 16))
    }
    const { calibration } = clean
    expect(calibration).toMatchObject({ askedPerDay: 3, verdict: 'too early' })
    expect(calibration.days).toBeCloseTo(1, 1)
    const [least, most] = calibration.interval ?? [Number.NaN, Number.NaN]
    expect(least).toBeLessThanOrEqual(calibration.seenPerDay ?? Number.NaN)
    expect(most).toBeGreaterThanOrEqual(calibration.seenPerDay ?? Number.NaN)
  })

  it('says what the reference is, and names the stages in the order of the data', () => {
    expect(monitor.reference).toMatchObject({ features: [...features], selfTest: 'passed', rows: 6000 })
    // A day of data tells rates down to three a day.
    expect(monitor.axis.resolution).toBeCloseTo(-Math.log10(3), 1)
    const stages = monitor.pipeline.stages.map(({ name }) => name)
    expect(stages).toEqual(['source', 'decode', 'detrend', 'score', 'window', 'calibrate', 'grade', 'deliver', 'commit'])
    expect(monitor.pipeline.stages.every(({ busy }) => busy >= 0 && busy <= 1)).toBe(true)
  })

  it('has no history of streams beyond the maximum, but their state', () => {
    expect(clean.streams).toHaveLength(6)
    expect(clean.streams.filter(({ spark }) => spark.length > 0)).toHaveLength(2)
  })
})
