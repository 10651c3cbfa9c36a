import { type Jump, jumpBetween } from '../calibration/jump.js'
import { rounded } from './numbers.js'

/** How unusual a stream's records were of late, in blocks of time, and on both sides of its last deploy. Plain JSON, bounded in size. */
export interface Levels {
  /** Data time of the last record, ms. */
  time: number
  /** The block that is being filled, since when. */
  open: { since: number; count: number; sum: number }
  /** Means of the last full blocks, none from before the deploy, oldest first. */
  recent: number[]
  deploy?: { readonly at: number; readonly before: readonly number[]; readonly after: number[] }
}

/** Blocks that are kept on each side. */
export const BLOCKS = 32
/** Records that a block has at least. */
const FEWEST = 4
/** Blocks in the time in which a deploy is named. */
const PER_NAMING = 60
/** sqrt(3) / pi: a logistic score of records of the reference has standard deviation 1. */
const UNIT = Math.sqrt(3) / Math.PI
const LEAST_P = 1e-3

/** How unusual a record is by its p-value: 0 in the middle of the reference, standard deviation 1 there, at most 3.8 from 0. */
export function logisticScore(pValue: number): number {
  const p = Math.min(Math.max(pValue, LEAST_P), 1 - LEAST_P)
  return UNIT * Math.log((1 - p) / p)
}

export const newLevels = (time: number): Levels => ({ time, open: { since: time, count: 0, sum: 0 }, recent: [] })

/**
 * Takes in a record's score.
 * @param time ms, not before the last one
 * @param deployedAt a deploy of the stream between the last record and this one
 * @param nameFor ms in which a deploy is named; after so long a silence what was before tells nothing of what is
 */
export function addScore(levels: Levels, score: number, time: number, deployedAt: number | undefined, nameFor: number): void {
  if (time - levels.time > nameFor) {
    levels.recent = []
    levels.open = { since: time, count: 0, sum: 0 }
    delete levels.deploy
  }
  if (deployedAt !== undefined) {
    levels.deploy = { at: deployedAt, before: levels.recent, after: [] }
    levels.recent = []
    // The block that the deploy cut in two counts on neither side.
    levels.open = { since: time, count: 0, sum: 0 }
  }
  const { open } = levels
  if (open.count >= FEWEST && time - open.since >= nameFor / PER_NAMING) close(levels, time)
  levels.open.count++
  levels.open.sum += score
  levels.time = time
}

function close(levels: Levels, time: number): void {
  const { open, recent, deploy } = levels
  const mean = rounded(open.sum / open.count)
  recent.push(mean)
  if (recent.length > BLOCKS) recent.shift()
  if (deploy !== undefined && deploy.after.length < BLOCKS) deploy.after.push(mean)
  levels.open = { since: time, count: 0, sum: 0 }
}

/** Whether the scores jumped at the deploy; undefined where too little is known on either side of it. */
export const jumpAt = (levels: Levels | undefined, deployedAt: number): Jump | undefined =>
  levels?.deploy?.at === deployedAt ? jumpBetween(levels.deploy.before, levels.deploy.after) : undefined
