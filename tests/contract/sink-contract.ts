import { setMaxListeners } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'
import type { SinkComponent } from '../../connectors/component.js'
import { type Sink, SinkError } from '../../connectors/sink.js'
import { type ContractCase, context } from './registry.js'

/** A receiver of events, empty at first. */
export interface Receiver {
  /** Options of a sink to it. */
  readonly options: unknown
  /** What the receiver holds for good, as it arrived, in order: the events, or what `asReceived` makes of them. */
  received(): Promise<readonly unknown[]> | readonly unknown[]
  /** What is left of an event where the receiver does not keep it whole. */
  asReceived?(event: AlertEvent): unknown
  /** From now on the receiver takes nothing and says nothing, where it can be made to. */
  stall?(): void
  close?(): Promise<void>
}

export interface SinkCase extends ContractCase {
  receiver(): Promise<Receiver>
}

/** What every sink must do. */
export function describeSinkContract(name: string, component: SinkComponent, each: SinkCase): void {
  describe(`sink contract: ${name}`, () => {
    let receiver: Receiver
    let sink: Sink
    const never = new AbortController().signal
    const asReceived = (event: AlertEvent) => receiver.asReceived?.(event) ?? event
    // As the pipeline does: a signal for all writes has a listener per write.
    setMaxListeners(0, never)

    beforeEach(async () => {
      receiver = await each.receiver()
      sink = component.create(component.schema.parse(receiver.options), context)
    })
    afterEach(async () => {
      await sink.close()
      await receiver.close?.()
    })

    it('has a name', () => {
      expect(sink.name).not.toBe('')
    })

    it('delivers what was written, hostile names included', async () => {
      await sink.connect()
      for (const event of [sampleEvent(), hostileEvent]) await sink.write(event, never)
      expect(await receiver.received()).toEqual([sampleEvent(), hostileEvent].map(asReceived))
    })

    it('resolves a write only once the receiver has the event', async () => {
      await sink.connect()
      await sink.write(sampleEvent(), never)
      expect(await receiver.received()).toHaveLength(1)
    })

    it('delivers concurrent writes once each', async () => {
      await sink.connect()
      const events = Array.from({ length: 20 }, (_, i) => sampleEvent(`id-${i}`, { alertId: `alert-${i}`, dedupKey: `key-${i}` }))
      await Promise.all(events.map((event) => sink.write(event, never)))
      const text = (all: readonly unknown[]) => all.map((one) => JSON.stringify(one)).toSorted()
      expect(text(await receiver.received())).toEqual(text(events.map(asReceived)))
    })

    it('delivers the same event again with the same content', async () => {
      await sink.connect()
      await sink.write(sampleEvent(), never)
      await sink.write(sampleEvent(), never)
      const [first, second] = await receiver.received()
      expect(JSON.stringify(second)).toBe(JSON.stringify(first))
    })

    it('refuses a write that was stopped before it began', async () => {
      await sink.connect()
      const error = await failure(sink.write(sampleEvent(), AbortSignal.abort()))
      expect(error).toMatchObject({ reason: 'closed', recoverable: true })
      expect(await receiver.received()).toEqual([])
    })

    it('ends a write on a stalled receiver when it is stopped', async ({ skip }) => {
      if (receiver.stall === undefined) return skip('this receiver cannot be stalled')
      await sink.connect()
      receiver.stall()
      const stop = new AbortController()
      const error = failure(sink.write(sampleEvent(), stop.signal))
      setImmediate(() => stop.abort())
      expect(await error).toMatchObject({ reason: 'closed', recoverable: true })
    })

    it('refuses writes after close, and closes twice', async () => {
      await sink.connect()
      await sink.close()
      await sink.close()
      expect(await failure(sink.write(sampleEvent(), never))).toMatchObject({ reason: 'closed', recoverable: false })
    })

    it('closes without having connected', async () => {
      await sink.close()
    })
  })
}

/** The `SinkError` that a write must end in. */
export async function failure(write: Promise<void>): Promise<SinkError> {
  const error = await write.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof SinkError)) throw new Error(`expected a SinkError, got ${String(error)}`)
  return error
}

/** An alert event as the pipeline composes them. */
export const sampleEvent = (
  id = 'alert-1/1',
  data: Partial<Extract<AlertEvent['data'], { kind: 'drift' | 'record' }>> = {},
): AlertEvent => ({
  specversion: '1.0',
  id,
  source: '/driftwatch/payments',
  type: 'io.driftwatch.alert.opened',
  subject: 'tenant-7',
  time: '2026-11-24T12:03:27.000Z',
  datacontenttype: 'application/json',
  data: {
    alertId: 'alert-1',
    dedupKey: 'payments/tenant-7/drift',
    transition: 'opened',
    reason: 'first_alarm',
    summary: 'tenant-7: drift: queue_depth +4.2σ',
    monitor: 'payments',
    stream: 'tenant-7',
    kind: 'drift',
    severity: 'warning',
    peakSeverity: 'warning',
    severityReason: 'rarity',
    detectors: ['hotelling'],
    since: '2026-11-24T12:03:27.000Z',
    at: '2026-11-24T12:03:27.000Z',
    evidence: {
      falseAlarmsPerDay: 1 / 21,
      resolutionPerDay: 0.01,
      pValue: 1e-5,
      score: 50,
      effect: 1.8,
      persistence: 0.625,
      severityScore: 1.8,
    },
    contributions: [
      { feature: 'queue_depth', share: 30.5, sigma: 4.2, value: 812 },
      { feature: 'latency_p95', share: 11, sigma: 2.1, value: 0.31 },
      { feature: 'amount', share: 4.5, sigma: -0.9, value: 17.5 },
      { feature: 'errors', share: 4, sigma: 0.2, value: 1 },
    ],
    worst: [{ topic: 'features', partition: 2, offset: 18231, time: '2026-11-24T12:03:27.000Z', score: 50 }],
    origin: { topic: 'features', partition: 2, offset: 18231 },
    budgetPerDay: 1,
    calibration: 'OK',
    referenceVersion: 'r1',
    configVersion: 'c1',
    ...data,
  },
})

export const hostileEvent = sampleEvent('alert-2/1', {
  stream: '\u001b[2J\u009b31m\u202e"}\n\u2028héllo \u{1f600}',
  contributions: [{ feature: '__proto__\u0000\r\n', share: 1, sigma: 1, value: 1 }],
})
