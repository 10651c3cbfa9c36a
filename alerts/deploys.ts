import type { Jump } from '../calibration/jump.js'
import type { DeployEvidence } from './event.js'
import type { Change } from './lifecycle.js'
import { rounded } from './numbers.js'

/** A declared change: something was rolled out. */
export interface Deploy {
  /** ms since the epoch. */
  readonly at: number
  readonly version: string
  readonly note?: string | undefined
  /** The streams that it touches; undefined: all. */
  readonly streams?: readonly string[] | undefined
}

/** Deploys that are remembered: those with the latest times. */
export const DEPLOYS_KEPT = 1000

/**
 * The deploys that are known, by their own time. What is kept depends on the messages alone, not on the order in which they came,
 * so that a process that reads them again knows the same.
 */
export class Deploys {
  /** Rising in time. */
  readonly #known: Deploy[] = []

  add(deploy: Deploy): void {
    if (this.#known.some((known) => compare(known, deploy) === 0)) return
    const after = this.#known.findIndex((known) => compare(known, deploy) > 0)
    this.#known.splice(after === -1 ? this.#known.length : after, 0, deploy)
    if (this.#known.length > DEPLOYS_KEPT) this.#known.shift()
  }

  /** The latest deploys, rising in time. */
  last(most: number): readonly Deploy[] {
    return this.#known.slice(-most)
  }

  /** The latest deploy with after < at <= until that touches the stream; any deploy touches what is no stream (undefined). */
  latest(stream: string | undefined, after: number, until: number): Deploy | undefined {
    for (let i = this.#known.length - 1; i >= 0 && this.#known[i].at > after; i--) {
      const deploy = this.#known[i]
      if (deploy.at <= until && touches(deploy, stream)) return deploy
    }
    return undefined
  }
}

const touches = ({ streams }: Deploy, stream: string | undefined): boolean =>
  streams === undefined || stream === undefined || streams.includes(stream)

/** By time; of the same time by what they say, so that the order of arrival does not matter. */
function compare(one: Deploy, other: Deploy): number {
  if (one.at !== other.at) return one.at - other.at
  const [a, b] = [said(one), said(other)]
  return a === b ? 0 : a < b ? -1 : 1
}

const said = ({ version, note, streams }: Deploy): string => JSON.stringify([version, note, streams])

const SMALLEST = 1e-12

/** What an event says of a deploy before it, and of whether the stream's scores jumped there. */
export const deployEvidence = ({ version, note, at }: Deploy, change: Change, jump?: Jump): DeployEvidence => ({
  version,
  ...(note !== undefined && { note }),
  at: new Date(at).toISOString(),
  ago: Math.round((change.at.time - at) / 1000),
  openedBefore: change.alert.opened.time < at,
  ...(jump && {
    jump: { ...jump, effect: rounded(jump.effect), pValue: rounded(Math.max(jump.pValue, SMALLEST)) },
  }),
})
