import { createHash } from 'node:crypto'
import { appendFile, readFile, realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import { z } from 'zod'
import { count, short } from '../../alerts/words.js'
import { rateInterval } from '../../calibration/count-interval.js'
import { mostTries } from '../../calibration/tries.js'
import type { MonitorConfig } from '../../config/monitor.js'
import { bundlePath } from '../bundle-path.js'
import { ok, type Verdict, warn } from './finding.js'

/** More than anybody tries. */
const COUNTLESS = 1000

/** ms; until then ISO 8601 orders as text. */
const YEAR_10000 = 253_402_300_800_000

/** A line of the record: a setting that was evaluated on data that should be normal. */
const trySchema = z.object({
  time: z.iso.datetime(),
  /** Of everything that decides the answer but the data. */
  setting: z.string(),
  source: z.string(),
  /** Event times of the data, ISO 8601, where they have them. */
  from: z.iso.datetime().optional(),
  to: z.iso.datetime().optional(),
  budgetPerDay: z.number(),
  realisedPerDay: z.number(),
})
type Try = z.output<typeof trySchema>

/** What a try has shown. */
export interface Tried {
  readonly source: string
  /** Event times of the first and the last row, ms; NaN without. */
  readonly span: readonly [number, number]
  /** Alerts that the budget allows in the data, their days, and the alerts that opened. */
  readonly k: number
  readonly days: number
  readonly opened: number
}

/**
 * Puts a try on record beside the reference and says how far the data can still be believed: each setting that is chosen by what it did on
 * the same data fits them a little.
 */
export async function metered(config: MonitorConfig, tried: Tried): Promise<Verdict> {
  const bundle = bundlePath(config)
  const path = `${await realpath(bundle).catch(() => resolve(bundle))}.tries.ndjson`
  try {
    const before = await readTries(path)
    const now = tryOf(config, tried)
    await appendFile(path, `${JSON.stringify(now)}\n`)
    return verdict(new Set([...before, now].filter((one) => sameData(one, now)).map(({ setting }) => setting)).size, tried, path)
  } catch (error) {
    return warn(`tries are not counted: ${error instanceof Error ? error.message : error}`)
  }
}

async function readTries(path: string): Promise<Try[]> {
  const text = await readFile(path, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').flatMap((line, i) => (line === '' ? [] : [parseTry(line, `${path}, line ${i + 1}`)]))
}

function parseTry(line: string, place: string): Try {
  try {
    return trySchema.parse(JSON.parse(line))
  } catch (error) {
    throw new Error(`${place} is not what doctor --null writes; mend it, or move the file away to count anew`, { cause: error })
  }
}

function tryOf(config: MonitorConfig, { source, span: [first, last], days, opened }: Tried): Try {
  const { version, shrinkage, reference, alerting } = config
  const decisive = JSON.stringify([version, shrinkage, reference.unverified])
  const timed = first >= 0 && last < YEAR_10000
  return {
    time: new Date().toISOString(),
    setting: createHash('sha256').update(decisive).digest('hex').slice(0, 12),
    source,
    ...(timed && { from: new Date(first).toISOString(), to: new Date(last).toISOString() }),
    budgetPerDay: alerting.falseAlarmsPerDay,
    realisedPerDay: opened / days,
  }
}

/** From the same source, with event times that overlap where they have them. */
const sameData = (one: Try, other: Try): boolean =>
  one.source === other.source && !(earlier(one.to, other.from) || earlier(other.to, one.from))

const earlier = (one: string | undefined, other: string | undefined): boolean => one !== undefined && other !== undefined && one < other

function verdict(tries: number, { k, days, opened }: Tried, path: string): Verdict {
  const most = mostTries(k)
  const [low, high] = rateInterval(opened, days, tries)
  const line =
    `try ${count(tries)} on these data, of ${most > COUNTLESS ? `more than ${count(COUNTLESS)}` : count(most)} that they can answer at this budget` +
    `: the true rate is ${short(low)} to ${short(high)}/day, all tries counted (${path})`
  if (tries <= most) return ok(line)
  return warn(
    `${line}; they no longer tell the budget from twice the budget`,
    'give clean days that no try has seen; more days or a larger budget can answer more tries',
  )
}
