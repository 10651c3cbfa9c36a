import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningKafka } from '../../tests/kit/kafka-broker.js'
import type { Answer, WebhookReceiver } from '../../tests/kit/webhook-receiver.js'
import type { Fleet } from './fleet.js'

/** What faults are injected into. */
export interface Field {
  readonly broker: RunningKafka
  readonly fleet: Fleet
  readonly receiver: WebhookReceiver
  /** Uniform in (0, 1). */
  readonly uniform: () => number
  readonly sessionTimeout: number
}

/** How a fault is injected: resolves when it is over. */
type Fault = (field: Field) => Promise<void>

const fewestMembers = 2
const mostMembers = 4

/** A random time, ms. */
const between = ({ uniform }: Field, least: number, most: number) => least + uniform() * (most - least)

/** The webhook answers so for a while. */
const outage =
  (answer: Answer): Fault =>
  async (field) => {
    field.receiver.usual = answer
    await sleep(between(field, 500, 3000))
    field.receiver.usual = { status: 204 }
  }

/** What was killed is started again after a while. */
const killed =
  (kill: (fleet: Fleet) => void): Fault =>
  async (field) => {
    const before = field.fleet.size
    kill(field.fleet)
    const dead = before - field.fleet.size
    await sleep(between(field, 0, 1500))
    for (let i = 0; i < dead; i++) field.fleet.join()
  }

const faults = {
  kill: killed((fleet) => fleet.kill()),
  /** All members at once, as when the power fails. */
  blackout: killed((fleet) => fleet.blackout()),
  join: async ({ fleet }) => {
    if (fleet.size < mostMembers) fleet.join()
  },
  leave: async ({ fleet }) => {
    await fleet.leave()
    if (fleet.size < fewestMembers) fleet.join()
  },
  /** Longer than its session lasts: it comes back to partitions that have another owner. */
  pause: (field) => field.fleet.pause(field.sessionTimeout * between(field, 1.5, 3)),
  broker: async (field) => {
    await field.broker.kill()
    await sleep(between(field, 0, 3000))
    await field.broker.revive()
  },
  'webhook refuses': async (field) => {
    const up = await field.receiver.down()
    await sleep(between(field, 500, 3000))
    await up()
  },
  'webhook stalls': outage('stall'),
  'webhook answers 429': outage({ status: 429, headers: { 'retry-after': '1' } }),
  'webhook answers 500': outage({ status: 500 }),
  /** It accepts, and the answer is lost. */
  'webhook goes silent': outage('lost'),
} as const satisfies Record<string, Fault>

export type FaultKind = keyof typeof faults
export const faultKinds = Object.keys(faults) as FaultKind[]

/** Injects faults side by side, but only one at a time into the broker and into the webhook. */
export class Injector {
  readonly counts = new Map<FaultKind, number>()
  readonly #lanes = new Map<string, Promise<void>>()
  readonly #all: Promise<void>[] = []

  constructor(private readonly field: Field) {}

  /** Begins a fault, once those in its way are over. */
  inject(kind: FaultKind): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    const lane = kind.startsWith('webhook') ? 'webhook' : kind
    const exclusive = lane === 'webhook' || lane === 'broker'
    const before = exclusive ? this.#lanes.get(lane) : undefined
    const over = (before ?? Promise.resolve()).then(() => faults[kind](this.field))
    this.#lanes.set(lane, over)
    this.#all.push(over)
  }

  /** Resolves when the broker is up, and stays so until the next fault is injected. */
  async brokerIsUp(): Promise<void> {
    await this.#lanes.get('broker')
  }

  async allOver(): Promise<void> {
    await Promise.all(this.#all)
  }
}
