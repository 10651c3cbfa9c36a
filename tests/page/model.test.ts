import { describe, expect, it } from 'vitest'
import type { MonitorView, StreamHistory } from '../../live/view.js'
import { briefly, rarityScale } from '../../page/model/axis.js'
import { columnsOf, endsOf, featureRows, roundTimes } from '../../page/model/columns.js'
import { continued, endOf, shorterThan } from '../../page/model/history.js'
import { nextAlert, shownAlert, statusWords, stretches } from '../../page/model/life.js'
import { merged } from '../../page/model/merge.js'
import { followed, foundStreams } from '../../page/model/order.js'
import { firstState, monitorOf, type PageState, reduce } from '../../page/model/state.js'
import { calibrationSummary, holdingStage, pValueSummary, quietWords, raritySummary } from '../../page/model/summary.js'
import { figure, seconds } from '../../page/model/words.js'
import { alertOf, fewStreams, historyOf, manyStreams, monitorView, NOW, quietMonitor, row, viewOf } from '../kit/page-view.js'

const axis = { bar: 0, bands: [], resolution: 1 }
const history = (change: Partial<StreamHistory> = {}): StreamHistory => ({
  monitor: 'demo',
  stream: 'a',
  span: 1000,
  times: [1000, 2000, 3000],
  record: [-2, -1, 0.5],
  drift: [null, -1, null],
  effects: [{ detector: 'gaussian', values: [0.2, 0.5, 1.5] }],
  features: [[], [{ feature: 'cpu', sigma: -3 }], [{ feature: 'cpu', sigma: 1 }]],
  episodes: [],
  ...change,
})

it('round times are few, inside of the range and whole steps apart', () => {
  const { times, step } = roundTimes([NOW - 3 * 3_600_000, NOW], 5)
  expect(step).toBe(3_600_000)
  expect(times.length).toBeGreaterThanOrEqual(3)
  for (const time of times) expect(new Date(time).getMinutes()).toBe(0)
  expect(roundTimes([0, 1e12], 4).times.length).toBeLessThanOrEqual(5)
})

describe('the axis of rarity', () => {
  it('is to scale up to what the reference can tell, and beyond it only rises', () => {
    const { height, floor } = rarityScale(axis, [-3, -3, -2, 0])
    expect(floor).toBe(-3)
    expect(height(-1) - height(-2)).toBeCloseTo(height(1) - height(0))
    expect(height(1)).toBeCloseTo(0.78)
    const beyond = [1.5, 3, 10, 100].map(height)
    expect(beyond).toEqual([...beyond].sort((one, other) => one - other))
    expect(height(100)).toBeLessThanOrEqual(1)
    expect(height(-50)).toBe(0)
  })

  it('keeps a bar that lies beyond the resolution on the scale', () => {
    expect(rarityScale({ ...axis, bar: 2 }, []).height(2)).toBeCloseTo(0.78)
  })

  it('is labelled as a person says it, as many labels as there is room for', () => {
    const labels = (apart: number) =>
      rarityScale({ ...axis, resolution: 2 }, [-4])
        .ticks(apart)
        .map(({ label }) => label)
    expect(labels(0.08)).toEqual(['once a minute', 'once an hour', 'once a day', 'once a week', 'once a month'])
    expect(labels(0.3)).toEqual(['once a minute', 'once a day'])
  })

  it.each([
    [0, 'once a day'],
    [-1.38, 'once an hour'],
    [0.845, 'once a week'],
    [1.2, 'rarer than the reference can tell'],
  ])('%d decades are %s', (a, words) => {
    expect(briefly(a, axis)).toBe(words)
  })
})

describe('what is drawn of a history', () => {
  it('a window holds until the next, and a silence breaks every line', () => {
    const times = [1000, 2000, 3000, 4000, 20_000]
    const columns = columnsOf(history({ times, record: [-2, -2, -2, -2, -2], drift: [null, -1, null, null, null] }))
    expect(columns.times).toEqual([1, 2, 3, 4, 5, 20])
    expect(columns.record).toEqual([-2, -2, -2, -2, null, -2])
    expect(columns.drift).toEqual([null, -1, -1, -1, null, null])
    expect(endsOf(history({ times }))).toEqual([2000, 3000, 4000, 10_000, 21_000])
  })

  it('features are rows, the furthest from the reference first', () => {
    const features = [[{ feature: 'cpu', sigma: -3 }], [{ feature: 'memory', sigma: 4 }], [{ feature: 'cpu', sigma: 1 }]]
    expect(featureRows(history({ features }), 8)).toEqual([
      { feature: 'memory', strongest: 4, sigmas: [null, 4, null] },
      { feature: 'cpu', strongest: -3, sigmas: [-3, null, 1] },
    ])
    expect(featureRows(history({ features }), 1)).toHaveLength(1)
  })

  it('what came since takes the place of the end; wider spans do not fit', () => {
    const more = history({
      times: [3000, 4000],
      record: [0.7, 0],
      drift: [null, -1],
      effects: [{ detector: 'gaussian', values: [2, 1] }],
      features: [[], []],
    })
    expect(continued(history(), more)).toEqual({
      ...history(),
      times: [1000, 2000, 3000, 4000],
      record: [-2, -1, 0.7, 0],
      drift: [null, -1, null, -1],
      effects: [{ detector: 'gaussian', values: [0.2, 0.5, 2, 1] }],
      features: [[], [{ feature: 'cpu', sigma: -3 }], [], []],
    })
    expect(continued(history(), history({ span: 2000 }))).toBeUndefined()
    expect(continued(history(), history({ effects: [] }))).toBeUndefined()
  })

  it('its end can be looked at alone, in lengths that are less than all of it', () => {
    const day = historyOf('a', [alertOf('a', 'error', 30), alertOf('a', 'info', 150, {}, false)], { spans: 720 })
    expect(shorterThan(day)).toEqual([3_600_000])
    const hour = endOf(day, 3_600_000)
    expect(hour.times[0]).toBe(NOW - 3_600_000)
    for (const column of [hour.record, hour.drift, hour.features, hour.effects[0].values]) expect(column).toHaveLength(hour.times.length)
    expect(hour.episodes.map(({ severity }) => severity)).toEqual(['error'])
    expect(shorterThan(history({ times: [], record: [], drift: [] }))).toEqual([])
  })

  it('no length is offered whose spans are too few to fill the width', () => {
    const coarse = history({ times: [0, 64_000, 50_000_000], span: 64_000 })
    expect(shorterThan(coarse)).toEqual([6 * 3_600_000])
  })

  it('is summed up in words', () => {
    expect(raritySummary(history(), axis)).toMatch(
      /^The last 3 s of data\. Rarest record: once in 3 days, at \S+\. Rarest window: once in 2 hours, at \S+\. 0 alerts\.$/,
    )
    expect(raritySummary(history({ times: [], record: [], drift: [] }), axis)).toBe('Nothing has been judged yet.')
  })
})

describe('streams and alerts', () => {
  it('a change replaces rows and alerts by name, drops what is gone, keeps the order, and brings whole monitors that are new', () => {
    const before = viewOf(fewStreams())
    const change = {
      name: 'demo',
      streams: [row('search', { status: 'open' as const, severity: 'critical' as const })],
      gone: ['batch-jobs'],
      alerts: [alertOf('search', 'critical', 1)],
      left: before.monitors[0].alerts.filter(({ latest }) => latest.stream === 'checkout-eu').map(({ latest }) => latest.alertId),
    }
    const [demo, second] = merged(before, { now: NOW + 1000, eventLoopDelay: 0, monitors: [change, monitorView({ name: 'new' })] }).monitors
    expect(demo.streams.map(({ name }) => name)).toEqual(['search', 'payments', 'checkout-us', 'checkout-eu'])
    expect(demo.alerts.map(({ latest }) => latest.stream)).toEqual(['search', 'payments'])
    expect(demo.reference).toBe(before.monitors[0].reference)
    expect(second.name).toBe('new')
  })

  it('the most urgent is followed, but the one that is shown is left only for a worse one', () => {
    const open = row('b', { status: 'open', severity: 'info' })
    const worse = row('c', { status: 'open', severity: 'critical' })
    expect(followed(undefined, [])).toBeUndefined()
    expect(followed('a', [row('a'), row('b')])).toBe('a')
    expect(followed('a', [open, row('a')])).toBe('b')
    expect(followed('b', [{ ...open, name: 'a' }, open])).toBe('b')
    expect(followed('b', [worse, open, row('a')])).toBe('c')
    expect(followed('gone', [row('a')])).toBe('a')
  })

  it('are found by name and by state', () => {
    const { streams } = manyStreams(300)
    expect(foundStreams(streams, 'tenant-29').map(({ name }) => name)).toContain('tenant-299')
    expect(foundStreams(streams, ' CRITICAL ').map(({ name }) => name)).toEqual(['tenant-7', 'tenant-207'])
  })

  it('updates that say the same become one step', () => {
    const steps = stretches(alertOf('a', 'error', 60, {}, false).life)
    expect(steps.map(({ last, times }) => [last.transition, times])).toEqual([
      ['opened', 1],
      ['escalated', 1],
      ['escalated', 1],
      ['updated', 2],
      ['resolved', 1],
    ])
  })

  it('the alert that was asked for is shown, else the first of the stream; `a` goes round', () => {
    const alerts = [alertOf('a', 'error', 10), alertOf('b', 'info', 20), alertOf('a', 'info', 90, {}, false)]
    expect(shownAlert(alerts, 'a', undefined)).toBe(alerts[0])
    expect(shownAlert(alerts, 'a', 'a-90')).toBe(alerts[2])
    expect(shownAlert(alerts, 'c', undefined)).toBeUndefined()
    expect(nextAlert(alerts, 'a-90')).toBe(alerts[0])
    expect(nextAlert(alerts, undefined)).toBe(alerts[0])
    expect(nextAlert([], undefined)).toBeUndefined()
  })
})

describe('the state of the page', () => {
  const reduced = (state: PageState, ...actions: readonly Parameters<typeof reduce>[1][]) => actions.reduce(reduce, state)
  const seen = (monitor: MonitorView) => ({ do: 'view', view: viewOf(monitor), heard: 0 }) as const

  it('a chosen stream stays until it is let go, or is gone', () => {
    const chosen = reduced(firstState, seen(fewStreams()), { do: 'choose', stream: 'search' })
    expect([chosen.stream, chosen.pinned]).toEqual(['search', true])
    expect(reduced(chosen, seen(fewStreams())).stream).toBe('search')
    expect(reduced(chosen, { do: 'follow' }).stream).toBe('payments')
    expect(reduced(chosen, seen(monitorView({ streams: [row('other')] }))).stream).toBe('other')
  })

  it('the history of a stream that is shown no more is not taken', () => {
    const state = reduced(firstState, seen(fewStreams()), { do: 'history', history: historyOf('payments', [], { spans: 3 }) })
    expect(state.history?.stream).toBe('payments')
    const left = reduced(state, { do: 'choose', stream: 'search' })
    expect(left.history).toBeUndefined()
    expect(reduced(left, { do: 'history', history: historyOf('payments', [], { spans: 3 }) }).history).toBeUndefined()
  })

  it('says of several alerts that open together the first, and how many more', () => {
    const alerts = [alertOf('payments', 'error', 0), alertOf('search', 'info', 0)]
    const state = reduced(firstState, seen(quietMonitor()), seen({ ...quietMonitor(), alerts }))
    expect(state.announcement).toMatch(/^error alert opened: payments: .*; 1 other opened too$/)
    expect(monitorOf(state)?.alerts).toHaveLength(2)
  })
})

describe('words', () => {
  it.each([
    [412_345, '412,000'],
    [0, '0'],
    [0.41234, '0.412'],
    [-2600, '−2,600'],
    [0.00001234, '1.2e-5'],
  ])('%d is %s', (x, words) => {
    expect(figure(x)).toBe(words)
  })

  it('durations have a unit that suits them', () => {
    expect([0, 0.000081, 0.00214, 1.5].map(seconds)).toEqual(['0 µs', '81 µs', '2.14 ms', '1.5 s'])
  })

  it('a stream that learns says how far it is', () => {
    expect(statusWords(row('a', { status: 'learning', records: 312 }))).toBe('learning: 312 of 2,000')
    expect(statusWords(row('a', { status: 'open', severity: 'error', kinds: ['record', 'drift'] }))).toBe('error · record, drift')
  })

  it('a quiet monitor says how many false alarms were to be expected', () => {
    expect(quietWords(quietMonitor(), NOW)).toBe('quiet for 3 h: expected 0.13 false alarms in that time')
    const closed = { ...quietMonitor(), alerts: [alertOf('a', 'info', 100, {}, false)] }
    expect(quietWords(closed, NOW)).toBe('quiet for 60 min: expected 0.042 false alarms in that time')
  })

  it('calibration and p-values say what is asked and what is seen', () => {
    const { calibration } = monitorView()
    expect(calibrationSummary(calibration)).toBe('1/day asked, 1.1/day seen (0.4–1.9): 4 alerts in 4 days')
    const { seenPerDay: _, interval: __, ...early } = calibration
    expect(calibrationSummary(early)).toBe('1/day asked, none counted yet')
    expect(pValueSummary({ detector: 'near3', counts: [10, 10, 20, 10] })).toBe('near3: 20 % of 50 below 0.25, where 25 % are expected.')
  })

  it('the stage with the most work holds the others back, but not the source that waits for data', () => {
    const { pipeline } = monitorView()
    expect(holdingStage(pipeline)).toBeUndefined()
    const busy = (name: string, share: number) => pipeline.stages.map((stage) => (stage.name === name ? { ...stage, busy: share } : stage))
    expect(holdingStage({ ...pipeline, stages: busy('score', 0.9) })?.name).toBe('score')
    expect(holdingStage({ ...pipeline, stages: busy('deliver', 0.7), inFlight: 1 })?.name).toBe('deliver')
    expect(holdingStage({ ...pipeline, stages: busy('source', 1) })).toBeUndefined()
  })
})
