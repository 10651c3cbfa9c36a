import fc from 'fast-check'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { rank, type Severity, severities } from '../../../alerts/severity.js'
import type { Hush } from '../../../connectors/paging/hush.js'
import { never, partition, Receiver, Story, sceneOf } from './stories.js'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 2, 1) })
})
afterEach(() => {
  vi.useRealTimers()
})

type Step =
  | { readonly do: 'go'; readonly stream: number; readonly severity: Severity }
  | { readonly do: 'resolve'; readonly stream: number }
  | { readonly do: 'hush' }
  | { readonly do: 'speak' }
  | { readonly do: 'restart' }
  | { readonly do: 'wait'; readonly ms: number }

const streams = 9
const stream = fc.integer({ min: 0, max: streams - 1 })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('go' as const), stream, severity: fc.constantFrom(...severities) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('resolve' as const), stream }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1000, 6000, 120_000) }) },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'hush' }, { do: 'speak' }, { do: 'restart' }) },
)

const least: Severity = 'warning'

/** Everything about the life of alerts, silences and processes in front of one receiver. */
class Play {
  readonly receiver = new Receiver()
  readonly stories = Array.from({ length: streams }, (_, i) => new Story(`s${i}`))
  /** Writes that are not accepted yet, each after the one before of its stream. */
  readonly #last = this.stories.map(() => Promise.resolve())
  #unfinished = 0
  hush: Hush | undefined
  #notifier

  constructor(readonly updates: boolean) {
    this.#notifier = this.#start()
  }

  async act(step: Step): Promise<void> {
    if (step.do === 'wait') await vi.advanceTimersByTimeAsync(step.ms)
    else if (step.do === 'restart') await this.#restart()
    else if (step.do === 'hush') this.hush = { why: 'silence', text: 'works' }
    else if (step.do === 'speak') this.hush = undefined
    else {
      const story = this.stories[step.stream]
      if (step.do === 'go') this.#write(step.stream, story.isOpen ? story.went(step.severity) : story.opened(step.severity))
      else if (story.isOpen) this.#write(step.stream, story.resolved())
    }
  }

  /** What is to be told of has been, and everything that was written is accepted. */
  async settle(): Promise<void> {
    this.hush = undefined
    await vi.advanceTimersByTimeAsync(60_000)
    expect(this.#unfinished).toBe(0)
  }

  /** Whether an open incident of the receiver names the stream; or may, where a storm grows and updates are not shown. */
  knows(stream: string): boolean {
    const incidents = [...this.receiver.open]
    return incidents.some(([key, named]) => named.includes(stream) || (!this.updates && key.includes('/storm/')))
  }

  #write(i: number, event: ReturnType<Story['resolved']>): void {
    this.#unfinished++
    this.#last[i] = this.#last[i].then(() => this.#notifier.write(event, never)).then(() => void this.#unfinished--)
  }

  #start() {
    return sceneOf({ route: { severity: least }, grouping: { most: 3 }, updates: this.updates, hush: () => this.hush }, this.receiver)
      .notifier
  }

  /** Where nothing waits: what is not accepted would be written again. */
  async #restart(): Promise<void> {
    await vi.advanceTimersByTimeAsync(60_000)
    const notes = this.#notifier.notes(partition)
    await this.#notifier.close()
    this.#notifier = this.#start()
    const open = this.stories.filter(({ isOpen }) => isOpen).map((story) => story.standing())
    this.#notifier.adopt(partition, open, notes)
  }
}

it('whoever is told of an alert is told of its end, and of every alert that takes the route somebody is told while nothing holds it back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), fc.boolean(), async (steps, updates) => {
      const play = new Play(updates)
      for (const one of steps) await play.act(one)
      await play.settle()
      const open = play.stories.filter(({ isOpen }) => isOpen)
      const owed = open.filter(({ stream, severity }) => rank(severity) >= rank(least) && !play.knows(stream))
      expect(owed.map(({ stream }) => stream)).toEqual([])
      for (const story of open) await play.act({ do: 'resolve', stream: play.stories.indexOf(story) })
      await play.settle()
      expect([...play.receiver.open]).toEqual([])
      expect(play.receiver.faults).toEqual([])
    }),
    { numRuns: 200 },
  )
})
