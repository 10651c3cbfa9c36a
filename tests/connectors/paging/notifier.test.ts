import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AlertEvent } from '../../../alerts/event.js'
import type { Hush } from '../../../connectors/paging/hush.js'
import type { Notifier } from '../../../connectors/paging/notifier.js'
import { SinkError } from '../../../connectors/sink.js'
import { never, partition, type Receiver, type SceneOptions, Story, sceneOf } from './stories.js'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 2, 1) })
})
afterEach(() => {
  vi.useRealTimers()
})

const stories = (count: number, on = partition) => Array.from({ length: count }, (_, i) => new Story(`s${i}`, on))

/** Writes events at once; `done` tells of how many the writes have ended well. */
function writing(notifier: Notifier, events: readonly AlertEvent[]) {
  const state = { done: 0, faults: [] as unknown[] }
  for (const event of events)
    notifier.write(event, never).then(
      () => state.done++,
      (error) => state.faults.push(error),
    )
  return state
}

/** Writes events at once, and lets so much time pass that all that is to be told was. */
async function told(notifier: Notifier, ...events: AlertEvent[]): Promise<void> {
  const state = writing(notifier, events)
  await vi.advanceTimersByTimeAsync(5000)
  expect(state).toEqual({ done: events.length, faults: [] })
}

describe('an alert that stands alone', () => {
  it('is a page when it opens, when it becomes more severe and when it ends; updates go to who can replace what it shows', async () => {
    for (const updates of [false, true]) {
      const { notifier, receiver } = sceneOf({ updates })
      const story = new Story('a')
      await told(notifier, story.opened('warning'))
      await told(notifier, story.went('critical'))
      await told(notifier, story.went('error'))
      await told(notifier, story.resolved())
      const [opened, escalated, updated, resolved] = ['opened warning: a', 'escalated critical: a', 'updated error: a', 'resolved error: a']
      expect(receiver.told()).toEqual(updates ? [opened, escalated, updated, resolved] : [opened, escalated, resolved])
      expect(new Set(receiver.pages.map(({ key }) => key))).toEqual(new Set(['payments/a/record']))
    }
  })

  it('waits for others, and its event is accepted only with the page', async () => {
    const { notifier, receiver } = sceneOf({ grouping: { wait: '20s' } })
    const state = writing(notifier, [new Story('a').opened('error')])
    await vi.advanceTimersByTimeAsync(19_999)
    expect([receiver.pages.length, state.done]).toEqual([0, 0])
    let accept = () => {}
    receiver.before = () => new Promise((resolve) => (accept = resolve))
    await vi.advanceTimersByTimeAsync(1)
    expect(state.done).toBe(0)
    accept()
    await vi.advanceTimersByTimeAsync(0)
    expect([receiver.pages.length, state.done]).toEqual([1, 1])
  })

  it('that rises into the route is told of as opened, and only then is its end', async () => {
    const { notifier, receiver } = sceneOf({ route: { severity: 'error', match: { stream: 'camera-*' } } })
    const [quiet, loud, other] = [new Story('camera-1'), new Story('camera-2'), new Story('door-1')]
    await told(notifier, quiet.opened('info'), loud.opened('info'), other.opened('critical'))
    await told(notifier, quiet.went('warning'), loud.went('error'))
    await told(notifier, quiet.resolved(), loud.resolved(), other.resolved())
    expect(receiver.told()).toEqual(['opened error: camera-2', 'resolved error: camera-2'])
  })

  it('whose page is refused was not told of: nobody hears of its end', async () => {
    const { notifier, receiver } = sceneOf()
    const story = new Story('a')
    receiver.before = async ({ transition }) => {
      if (transition === 'opened') throw new SinkError('client', false, 'no such channel')
    }
    const state = writing(notifier, [story.opened('error')])
    await vi.advanceTimersByTimeAsync(5000)
    expect(state.faults).toMatchObject([{ reason: 'client' }])
    await told(notifier, story.resolved())
    expect(receiver.pages).toEqual([])
  })

  it('is told again when a stream opens another one', async () => {
    const { notifier, receiver } = sceneOf()
    const story = new Story('a')
    for (let episode = 0; episode < 2; episode++) {
      await told(notifier, story.opened('error'))
      await told(notifier, story.resolved())
    }
    expect(receiver.told()).toEqual(['opened error: a', 'resolved error: a', 'opened error: a', 'resolved error: a'])
    expect(receiver.faults).toEqual([])
  })
})

describe('a storm', () => {
  it('of 500 streams that fail together is one page with the list, and one end', async () => {
    const { notifier, receiver } = sceneOf()
    const all = stories(500)
    await told(notifier, ...all.map((story, i) => story.opened(i === 77 ? 'critical' : 'error')))
    expect(receiver.told()).toEqual(['opened critical: 500 streams'])
    const [{ key, events }] = receiver.pages
    expect(key).toBe('payments/storm//0')
    expect(events[0].data.stream).toBe('s77')
    expect(new Set(events.map(({ data }) => data.stream)).size).toBe(500)
    await told(notifier, ...all.slice(1).map((story) => story.resolved()))
    expect(receiver.pages).toHaveLength(1)
    await told(notifier, all[0].resolved())
    expect(receiver.told()[1]).toBe('resolved critical: 500 streams')
  })

  it('calls again when it has doubled or become more severe, not for each that joins; updates show the whole list', async () => {
    for (const updates of [false, true]) {
      const { notifier, receiver } = sceneOf({ updates })
      const all = stories(30)
      await told(notifier, ...all.slice(0, 10).map((story) => story.opened('warning')))
      await told(notifier, ...all.slice(10, 12).map((story) => story.opened('warning')))
      await told(notifier, ...all.slice(12, 20).map((story) => story.opened('warning')))
      await told(notifier, all[3].went('error'))
      await told(notifier, all[4].went('error'))
      const expected = ['opened warning: 10 streams', 'escalated warning: 20 streams', 'escalated error: 20 streams']
      expect(receiver.told()).toEqual(updates ? expected.toSpliced(1, 0, 'updated warning: 12 streams') : expected)
    }
  })

  it('is not joined by what comes long after', async () => {
    const { notifier, receiver } = sceneOf({ grouping: { join: '1m' } })
    const all = stories(6)
    await told(notifier, ...all.map((story) => story.opened('error')))
    await vi.advanceTimersByTimeAsync(60_000)
    await told(notifier, new Story('late').opened('error'))
    expect(receiver.told().at(-1)).toBe('opened error: late')
    await told(notifier, ...Array.from({ length: 6 }, (_, i) => new Story(`again-${i}`).opened('error')))
    expect(receiver.told().at(-1)).toBe('escalated error: 12 streams')
  })

  it('that is refused leaves nobody in it', async () => {
    const { notifier, receiver } = sceneOf()
    receiver.before = async () => {
      throw new SinkError('too_large', false, 'too long')
    }
    const all = stories(10)
    const state = writing(
      notifier,
      all.map((story) => story.opened('error')),
    )
    await vi.advanceTimersByTimeAsync(5000)
    expect(state.faults).toHaveLength(10)
    receiver.before = async () => undefined
    await told(notifier, ...all.map((story) => story.resolved()))
    expect(receiver.pages).toEqual([])
  })

  it('that ends while its page still waits for the receiver tells its end after it', async () => {
    const { notifier, receiver } = sceneOf()
    const all = stories(6)
    await told(notifier, ...all.map((story) => story.opened('error')))
    const gates: (() => void)[] = []
    receiver.before = () => new Promise((resolve) => gates.push(resolve))
    const state = writing(notifier, [all[0].went('critical')])
    await vi.advanceTimersByTimeAsync(5000)
    const ends = writing(
      notifier,
      all.slice(1).map((story) => story.resolved()),
    )
    await vi.advanceTimersByTimeAsync(5000)
    for (let open = gates.shift(); open !== undefined; open = gates.shift()) {
      open()
      await vi.advanceTimersByTimeAsync(0)
    }
    expect([state.done, ends.done]).toEqual([1, 5])
    const end = writing(notifier, [all[0].resolved()])
    await vi.advanceTimersByTimeAsync(0)
    gates.shift()?.()
    await vi.advanceTimersByTimeAsync(0)
    expect(end.done).toBe(1)
    expect(receiver.told()).toEqual(['opened error: 6 streams', 'escalated critical: 6 streams', 'resolved critical: 6 streams'])
  })
})

/** Silences alerts of streams that begin with `hushed`, while it is set. */
function hushing(options: SceneOptions = {}) {
  const state: { hush: Hush | undefined } = { hush: { why: 'silence', text: 'the silence "works"' } }
  return { state, ...sceneOf({ ...options, hush: ({ stream }) => (stream.startsWith('hushed') ? state.hush : undefined) }) }
}

describe('what a silence or quiet hours hold back', () => {
  it('is accepted at once, told when they end and it is still open, and says why it is late', async () => {
    const { notifier, receiver, noted, state } = hushing()
    const story = new Story('hushed')
    expect(writing(notifier, [story.opened('error')])).toEqual({ done: 0, faults: [] })
    await vi.advanceTimersByTimeAsync(3_600_000)
    await told(notifier, story.went('critical'))
    expect(receiver.pages).toEqual([])
    expect(noted).toEqual(['suppressed silence', 'held by the silence "works": hushed opened', 'suppressed silence'])
    const { monitor, since } = story.standing()
    const by = 'the silence "works"'
    expect(notifier.heldBack).toEqual([{ monitor, sink: 'pager', stream: 'hushed', kind: 'record', severity: 'critical', since, by }])
    state.hush = undefined
    await vi.advanceTimersByTimeAsync(6000)
    expect(receiver.told()).toEqual(['opened critical: hushed (the silence "works")'])
    expect(notifier.heldBack).toHaveLength(0)
    await told(notifier, story.resolved())
    expect(receiver.told()).toHaveLength(2)
  })

  it('is noted once, and again when something else holds it back; what calls nobody anyway does not count', async () => {
    const { notifier, receiver, noted, state } = hushing()
    const story = new Story('hushed')
    await told(notifier, story.opened('error'), story.went('warning'), story.went('warning'))
    const first = ['suppressed silence', 'held by the silence "works": hushed opened']
    expect(noted).toEqual(first)
    state.hush = { why: 'quiet_hours', text: 'quiet hours' }
    await vi.advanceTimersByTimeAsync(6000)
    await told(notifier, story.went('warning'))
    expect(noted).toEqual([...first, 'held by quiet hours: hushed updated'])
    state.hush = undefined
    await vi.advanceTimersByTimeAsync(6000)
    expect(receiver.told()).toEqual(['opened warning: hushed (quiet hours)'])
  })

  it('is only recorded when it ends meanwhile, or falls below the route', async () => {
    const { notifier, receiver, noted, state } = hushing({ route: { severity: 'error' } })
    const [ended, fallen] = [new Story('hushed-1'), new Story('hushed-2')]
    await told(notifier, ended.opened('error'), fallen.opened('error'))
    await told(notifier, ended.resolved(), fallen.went('warning'))
    state.hush = undefined
    await vi.advanceTimersByTimeAsync(6000)
    expect(receiver.pages).toEqual([])
    expect(noted).toContain('passed: hushed-1')
    expect(notifier.heldBack).toHaveLength(0)
    await told(notifier, fallen.went('critical'))
    expect(receiver.told()).toEqual(['opened critical: hushed-2'])
  })

  it('comes as a storm when it is much, and its ends are told where it was told of before', async () => {
    const { notifier, receiver, state } = hushing()
    const before = new Story('hushed-before')
    state.hush = undefined
    await told(notifier, before.opened('error'))
    state.hush = { why: 'quiet_hours', text: 'quiet hours' }
    const many = Array.from({ length: 8 }, (_, i) => new Story(`hushed-${i}`))
    await told(notifier, ...many.map((story) => story.opened('error')))
    await told(notifier, before.resolved())
    expect(receiver.told()).toEqual(['opened error: hushed-before', 'resolved error: hushed-before'])
    state.hush = undefined
    await vi.advanceTimersByTimeAsync(6000)
    expect(receiver.told()[2]).toBe('opened error: 8 streams (quiet hours)')
  })

  it('is owed still when the receiver is down for long, and lost, which is told, when it is refused for good', async () => {
    const { notifier, receiver, noted, state } = hushing()
    const story = new Story('hushed')
    await told(notifier, story.opened('error'))
    let fault: SinkError | undefined = new SinkError('server', true, 'down')
    receiver.before = async () => {
      if (fault !== undefined) throw fault
    }
    state.hush = undefined
    await vi.advanceTimersByTimeAsync(20_000)
    expect(notifier.heldBack.map(({ by }) => by)).toEqual(['the silence "works", over now; pager has not taken it yet'])
    fault = undefined
    await vi.advanceTimersByTimeAsync(7000)
    expect(receiver.told()).toEqual(['opened error: hushed (the silence "works")'])
    state.hush = { why: 'silence', text: 'x' }
    fault = new SinkError('client', false, 'no such channel')
    await told(notifier, new Story('hushed-2').opened('error'))
    state.hush = undefined
    await vi.advanceTimersByTimeAsync(7000)
    expect(noted.at(-1)).toBe('lost: hushed-2: no such channel')
    expect(notifier.heldBack).toHaveLength(0)
  })
})

describe('after a restart', () => {
  /** Another process in the place of this one, with what was noted; the receiver stays. */
  function restarted(notifier: Notifier, receiver: Receiver, open: readonly Story[], options: SceneOptions = {}) {
    const notes = notifier.notes(partition)
    const next = sceneOf(options, receiver)
    next.notifier.adopt(
      partition,
      open.map((story) => story.standing()),
      notes,
    )
    return { ...next, notes }
  }

  it('the end of what was told is told, of what was not it is not', async () => {
    const options = { route: { severity: 'error' } }
    const { notifier, receiver } = sceneOf(options)
    const [loud, quiet, fallen] = [new Story('loud'), new Story('quiet'), new Story('fallen')]
    await told(notifier, loud.opened('error'), quiet.opened('info'), fallen.opened('critical'))
    await told(notifier, fallen.went('warning'))
    const next = restarted(notifier, receiver, [loud, quiet, fallen], options)
    await told(next.notifier, loud.went('critical'), quiet.went('warning'))
    await told(next.notifier, loud.resolved(), quiet.resolved(), fallen.resolved())
    expect(receiver.told().slice(2)).toEqual(['escalated critical: loud', 'resolved critical: loud', 'resolved warning: fallen'])
  })

  it('without notes the route says what was told', async () => {
    const { notifier, receiver } = sceneOf({ route: { severity: 'error', match: { detector: 'knn' } } })
    const [loud, quiet] = [new Story('loud'), new Story('quiet')]
    loud.opened('error')
    quiet.opened('warning')
    notifier.adopt(partition, [loud.standing(), quiet.standing()], undefined)
    await told(notifier, loud.resolved(), quiet.resolved())
    expect(receiver.told()).toEqual(['resolved error: loud'])
  })

  it('a storm is the same storm', async () => {
    const { notifier, receiver } = sceneOf()
    const all = stories(10)
    notifier.adopt(partition, [], undefined)
    await told(notifier, ...all.map((story) => story.opened('error')))
    const next = restarted(notifier, receiver, all)
    await told(next.notifier, ...all.map((story) => story.resolved()))
    expect(receiver.told()).toEqual(['opened error: 10 streams', 'resolved error: 10 streams'])
    expect(new Set(receiver.pages.map(({ key }) => key))).toEqual(new Set(['payments/storm/features/3']))
  })

  it('what was held back is still owed, with all that it says', async () => {
    const { notifier, receiver } = hushing()
    const story = new Story('hushed')
    const event = story.opened('error')
    await told(notifier, event)
    const next = restarted(notifier, receiver, [story])
    await vi.advanceTimersByTimeAsync(6000)
    expect(receiver.pages).toEqual([
      { key: 'payments/hushed/record', transition: 'opened', severity: 'error', events: [event], heldBack: 'the silence "works"' },
    ])
    expect(next.notifier.heldBack).toHaveLength(0)
  })

  it('who can replace what it shows is told again of what is open: it may have to repeat it', async () => {
    const { notifier, receiver } = sceneOf()
    const all = stories(12)
    await told(notifier, ...all.slice(0, 2).map((story) => story.opened('error')))
    await told(notifier, ...all.slice(2).map((story) => story.opened('error')))
    restarted(notifier, receiver, all, { updates: true })
    await vi.advanceTimersByTimeAsync(0)
    expect(receiver.told().slice(3).sort()).toEqual(['updated error: 10 streams', 'updated error: s0', 'updated error: s1'])
  })

  it('an event that comes again is not told again', async () => {
    const { notifier, receiver } = sceneOf()
    const story = new Story('a')
    const opened = story.opened('error')
    await told(notifier, opened)
    const next = restarted(notifier, receiver, [story])
    await told(next.notifier, opened)
    expect(receiver.pages).toHaveLength(1)
  })

  it('notes that cannot be read are told of, and count as none', async () => {
    const { notifier, receiver, noted } = sceneOf()
    const story = new Story('a')
    story.opened('error')
    notifier.adopt(partition, [story.standing()], '{"alerts":[{"alert":1}]}')
    expect(noted).toEqual(['forgotten: ZodError'])
    await told(notifier, story.resolved())
    expect(receiver.told()).toEqual(['resolved error: a'])
  })
})

describe('a partition that goes to another owner', () => {
  it('takes what waits with it, and nobody is told that it ended', async () => {
    const { notifier, receiver } = sceneOf()
    const there = { topic: 'features', partition: 9 }
    const [here, gone] = [new Story('here'), new Story('gone', there)]
    const state = writing(notifier, [here.opened('error'), gone.opened('error')])
    notifier.release(there)
    await vi.advanceTimersByTimeAsync(5000)
    expect(state).toEqual({ done: 2, faults: [] })
    expect(receiver.told()).toEqual(['opened error: here'])
    expect(notifier.notes(there)).toBeUndefined()
  })

  it('takes its part of a storm with it', async () => {
    const { notifier, receiver } = sceneOf()
    const there = { topic: 'features', partition: 9 }
    const [here, gone] = [stories(4), Array.from({ length: 4 }, (_, i) => new Story(`gone-${i}`, there))]
    await told(notifier, ...[...here, ...gone].map((story) => story.opened('error')))
    notifier.release(there)
    await told(notifier, ...here.map((story) => story.resolved()))
    expect(receiver.told()).toEqual(['opened error: 8 streams', 'resolved error: 4 streams'])
  })
})

it('a notifier that is closed lets go of what waits, as not accepted', async () => {
  const { notifier, receiver } = sceneOf()
  const state = writing(notifier, [new Story('a').opened('error')])
  await notifier.close()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(state.faults).toMatchObject([{ reason: 'closed', recoverable: true }])
  expect(receiver.pages).toEqual([])
})

it('when nothing more comes, nobody waits for it: what came together is one page still', async () => {
  const { notifier, receiver } = sceneOf({ grouping: { wait: '5m' } })
  const state = writing(
    notifier,
    stories(8).map((story) => story.opened('error')),
  )
  notifier.hasten()
  await vi.advanceTimersByTimeAsync(0)
  expect([state.done, receiver.told()]).toEqual([8, ['opened error: 8 streams']])
  await told(notifier, new Story('last').opened('error'))
  expect(receiver.told()).toHaveLength(1)
})
