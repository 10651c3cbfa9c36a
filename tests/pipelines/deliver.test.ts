import { from, lastValueFrom, type Subscription, toArray } from 'rxjs'
import { describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'
import { type DeadLetter, type DeadLetterSink, type Sink, SinkError } from '../../connectors/sink.js'
import type { Outcome } from '../../pipelines/batch.js'
import { type DeliverOptions, deliver } from '../../pipelines/deliver.js'
import { OptionalSinks } from '../../pipelines/optional-sinks.js'
import { turn } from '../../pipelines/turn.js'
import { eventsOf, gate, leaseOf, letterAt, outcomeOf, partitionAt } from './builders.js'

const sinkOf = (name: string, write: (event: AlertEvent, signal: AbortSignal) => Promise<void>): Sink => ({
  name,
  connect: async () => undefined,
  write,
  close: async () => undefined,
})

/** Notes what happens in its order. `held`: events by id that wait for their gate. */
class Scene {
  readonly told: string[] = []
  readonly letters: DeadLetter[] = []
  readonly stop = new AbortController()
  readonly deadLetters: DeadLetterSink = {
    name: 'letters',
    connect: async () => undefined,
    write: async (letters) => {
      this.letters.push(...letters)
      this.told.push(`buried ${letters.length}`)
    },
    close: async () => undefined,
  }

  options(changes: Partial<DeliverOptions> = {}): DeliverOptions {
    return {
      required: [this.sink('main')],
      optional: new OptionalSinks([]),
      deadLetters: this.deadLetters,
      signal: this.stop.signal,
      delivered: () => undefined,
      lost: (sink, { data }, error) => this.told.push(`${sink} lost ${data.stream}: ${error instanceof Error ? error.message : error}`),
      deadLettered: () => undefined,
      ...changes,
    }
  }

  sink(name: string, work: (event: AlertEvent) => Promise<void> = async () => undefined): Sink {
    return sinkOf(name, async (event) => {
      const { stream, transition } = event.data
      this.told.push(`${name} < ${stream} ${transition}`)
      await work(event)
      this.told.push(`${name} > ${stream} ${transition}`)
    })
  }

  run(options: DeliverOptions, ...outcomes: Outcome[]): Promise<Outcome[]> {
    return lastValueFrom(from(outcomes).pipe(deliver(options), toArray()), { defaultValue: [] })
  }
}

const partition = partitionAt()
const permanent = new SinkError('client', false, 'no such channel')

describe('deliver', () => {
  it('passes an outcome on only when every required sink has all its events', async () => {
    const scene = new Scene()
    const slow = gate()
    const options = scene.options({ required: [scene.sink('main'), scene.sink('slow', () => slow.promise)] })
    const outcome = outcomeOf(partition, { events: eventsOf('a') })
    const passed: Outcome[] = []
    const subscription: Subscription = from([outcome])
      .pipe(deliver(options))
      .subscribe((one) => passed.push(one))
    await turn()
    expect(scene.told).toEqual(['main < a opened', 'slow < a opened', 'main > a opened'])
    expect(passed).toEqual([])
    slow.open()
    await turn()
    expect(passed).toEqual([outcome])
    subscription.unsubscribe()
  })

  it('delivers the events of one alert in order and different alerts side by side', async () => {
    const scene = new Scene()
    const gates = new Map([gate(), gate(), gate()].map((one, i) => [['a opened', 'a updated', 'b opened'][i], one]))
    const required = [scene.sink('main', ({ data }) => gates.get(`${data.stream} ${data.transition}`)!.promise)]
    const done = scene.run(scene.options({ required }), outcomeOf(partition, { events: [...eventsOf('a', 2), ...eventsOf('b')] }))
    await turn()
    expect(scene.told).toEqual(['main < a opened', 'main < b opened'])
    gates.get('b opened')?.open()
    await turn()
    expect(scene.told.slice(2)).toEqual(['main > b opened'])
    gates.get('a opened')?.open()
    await turn()
    expect(scene.told.slice(3)).toEqual(['main > a opened', 'main < a updated'])
    gates.get('a updated')?.open()
    await done
  })

  it('begins each outcome as it comes, and passes them on in order', async () => {
    const scene = new Scene()
    const first = gate()
    const required = [scene.sink('main', ({ data }) => (data.stream === 'a' ? first.promise : Promise.resolve()))]
    const outcomes = ['a', 'b'].map((stream) => outcomeOf(partition, { events: eventsOf(stream) }))
    const passed: Outcome[] = []
    const subscription = from(outcomes)
      .pipe(deliver(scene.options({ required })))
      .subscribe((one) => passed.push(one))
    await turn()
    expect(scene.told).toEqual(['main < a opened', 'main < b opened', 'main > b opened'])
    expect(passed).toEqual([])
    first.open()
    await turn()
    expect(passed).toEqual(outcomes)
    subscription.unsubscribe()
  })

  it('keeps the events of one alert in order over several outcomes, with letters among them or not', async () => {
    const scene = new Scene()
    const [burying, opening] = [gate(), gate()]
    const deadLetters = { ...scene.deadLetters, write: () => burying.promise }
    const required = [scene.sink('main', ({ data }) => (data.transition === 'opened' ? opening.promise : Promise.resolve()))]
    const [opened, updated] = eventsOf('a', 2)
    const outcomes = [outcomeOf(partition, { rejected: [letterAt(1)], events: [opened] }), outcomeOf(partition, { events: [updated] })]
    const done = scene.run(scene.options({ required, deadLetters }), ...outcomes)
    await turn()
    expect(scene.told).toEqual([])
    burying.open()
    await turn()
    expect(scene.told).toEqual(['main < a opened'])
    opening.open()
    expect(await done).toEqual(outcomes)
    expect(scene.told.slice(1)).toEqual(['main > a opened', 'main < a updated', 'main > a updated'])
  })

  it('ends with the fault of the first outcome that has one, also where a later one failed before it', async () => {
    const scene = new Scene()
    const first = gate()
    const required = [
      scene.sink('main', async ({ data }) => {
        if (data.stream === 'a') await first.promise
        throw new SinkError('server', true, `down for ${data.stream}`)
      }),
    ]
    const done = scene.run(scene.options({ required }), ...['a', 'b'].map((stream) => outcomeOf(partition, { events: eventsOf(stream) })))
    await turn()
    first.open()
    await expect(done).rejects.toThrow('down for a')
  })

  it('buries what was rejected before it passes on, also without events', async () => {
    const scene = new Scene()
    const letters = [letterAt(3), letterAt(4)]
    await scene.run(scene.options(), outcomeOf(partition, { rejected: letters, events: eventsOf('a') }))
    expect(scene.letters).toEqual(letters)
    expect(scene.told[0]).toBe('buried 2')
    const burying = gate()
    const stuck = { ...scene.deadLetters, write: () => burying.promise }
    let passed = false
    void scene.run(scene.options({ deadLetters: stuck }), outcomeOf(partition, { rejected: letters })).then(() => {
      passed = true
    })
    await turn()
    expect(passed).toBe(false)
    burying.open()
    await turn()
    expect(passed).toBe(true)
  })

  it('puts an event that a sink refuses for good among the dead letters, tells that it is lost, and goes on', async () => {
    const scene = new Scene()
    const refusing = scene.sink('strict', ({ data }) => (data.transition === 'opened' ? Promise.reject(permanent) : Promise.resolve()))
    const [opened, updated] = eventsOf('a', 2)
    const options = scene.options({ required: [refusing, scene.sink('main')] })
    expect(await scene.run(options, outcomeOf(partition, { events: [opened, updated] }))).toHaveLength(1)
    expect(scene.told).toContain('strict lost a: no such channel')
    expect(scene.told).toContain('main > a updated')
    expect(scene.told).toContain('strict > a updated')
    expect(scene.letters).toHaveLength(1)
    const [{ origin, reason, detail, key, value, timestamp }] = scene.letters
    expect({ origin, reason, timestamp }).toEqual({
      origin: opened.data.origin,
      reason: 'alert_refused',
      timestamp: Date.parse(opened.time),
    })
    expect(detail).toBe('sink strict refused it for good: no such channel')
    expect(String(key)).toBe(opened.data.dedupKey)
    expect(JSON.parse(String(value))).toEqual(opened)
  })

  it.each([
    ['a recoverable error that its policies gave up on', new SinkError('server', true, 'still down')],
    ['a defect', new TypeError('not a function')],
  ])('ends with %s', async (_, error) => {
    const scene = new Scene()
    const options = scene.options({ required: [scene.sink('main', () => Promise.reject(error))] })
    await expect(scene.run(options, outcomeOf(partition, { events: eventsOf('a') }))).rejects.toBe(error)
    expect(scene.letters).toEqual([])
  })

  it('ends when the dead letters cannot be written: nothing may get lost', async () => {
    const scene = new Scene()
    const full = { ...scene.deadLetters, write: () => Promise.reject(new SinkError('disk', true, 'full')) }
    const refusing = [scene.sink('main', () => Promise.reject(permanent))]
    await expect(scene.run(scene.options({ deadLetters: full }), outcomeOf(partition, { rejected: [letterAt(1)] }))).rejects.toThrow('full')
    const options = scene.options({ deadLetters: full, required: refusing })
    await expect(scene.run(options, outcomeOf(partition, { events: eventsOf('a') }))).rejects.toThrow('full')
  })

  it('never waits for an optional sink, and drops what is beyond its backlog', async () => {
    const scene = new Scene()
    const stuck = gate()
    const patient = { ...scene.sink('patient', () => stuck.promise), backlog: 1000 }
    const optional = new OptionalSinks([scene.sink('stuck', () => stuck.promise), scene.sink('quick'), patient])
    const delivered: string[] = []
    const options = scene.options({ optional, required: [], delivered: (sink) => delivered.push(sink) })
    const outcomes = Array.from({ length: 260 }, (_, i) => outcomeOf(partition, { events: eventsOf(`s${i}`) }))
    for (const outcome of outcomes) expect(await scene.run(options, outcome)).toEqual([outcome])
    await turn()
    const lost = scene.told.filter((line) => line.startsWith('stuck lost'))
    expect(lost).toHaveLength(4)
    expect(lost[0]).toBe('stuck lost s256: 256 events already wait for optional sink stuck')
    expect(delivered.filter((sink) => sink === 'quick')).toHaveLength(260)
    stuck.open()
    await turn()
    expect(delivered.filter((sink) => sink === 'stuck')).toHaveLength(256)
    expect(delivered.filter((sink) => sink === 'patient')).toHaveLength(260)
    await scene.run(options, outcomeOf(partition, { events: eventsOf('later') }))
    await turn()
    expect(scene.told).toContain('stuck > later opened')
  })

  it('gives an optional sink the events of one alert in their order, and drains it when asked', async () => {
    const scene = new Scene()
    const first = gate()
    const optional = new OptionalSinks([scene.sink('slow', () => first.promise)])
    const [opened] = eventsOf('a')
    const resolved = { ...opened, data: { ...opened.data, transition: 'resolved' as const } }
    await scene.run(scene.options({ optional, required: [] }), outcomeOf(partition, { events: [opened, resolved] }))
    await optional.drain(0, scene.stop.signal)
    expect(scene.told).toEqual(['slow < a opened'])
    first.open()
    await optional.drain(60_000, scene.stop.signal)
    expect(scene.told).toEqual(['slow < a opened', 'slow > a opened', 'slow < a resolved', 'slow > a resolved'])
  })

  it('begins nothing with an optional sink that waited when its partition went to another owner', async () => {
    const scene = new Scene()
    const lease = leaseOf()
    const first = gate()
    const optional = new OptionalSinks([scene.sink('slow', () => first.promise)])
    const [opened] = eventsOf('a')
    const resolved = { ...opened, data: { ...opened.data, transition: 'resolved' as const } }
    const outcome = outcomeOf(partitionAt(0, 0, lease), { events: [opened, resolved] })
    await scene.run(scene.options({ optional, required: [] }), outcome)
    lease.revoked = true
    first.open()
    await optional.drain(60_000, scene.stop.signal)
    expect(scene.told).toEqual(['slow < a opened', 'slow > a opened'])
  })

  it('tells what an optional sink could not deliver, and goes on', async () => {
    const scene = new Scene()
    const options = scene.options({
      optional: new OptionalSinks([scene.sink('extra', () => Promise.reject(new SinkError('server', true, 'down')))]),
    })
    await scene.run(options, outcomeOf(partition, { events: eventsOf('a') }))
    await turn()
    expect(scene.told).toContain('extra lost a: down')
    expect(scene.letters).toEqual([])
  })

  it('tells nothing of a partition that went to another owner, who tells it again', async () => {
    const scene = new Scene()
    const lease = leaseOf()
    const lost = partitionAt(0, 0, lease)
    const first = gate()
    const options = scene.options({ required: [scene.sink('main', () => first.promise)] })
    const [opened, updated] = eventsOf('a', 2)
    const done = scene.run(options, outcomeOf(lost, { events: [opened] }), outcomeOf(lost, { events: [updated] }))
    await turn()
    lease.revoked = true
    first.open()
    await done
    expect(scene.told).toEqual(['main < a opened', 'main > a opened'])
    const late = outcomeOf(lost, { events: eventsOf('b'), rejected: [letterAt(1)] })
    expect(await scene.run(options, late)).toMatchObject([{ events: [], rejected: [] }])
    expect(scene.told).toHaveLength(2)
    expect(scene.letters).toEqual([])
  })
})
