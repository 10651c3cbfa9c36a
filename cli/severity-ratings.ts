import { readFile } from 'node:fs/promises'
import { parse } from 'csv-parse/sync'
import { z } from 'zod'
import { axesOf } from '../alerts/grade.js'
import type { Rating } from '../alerts/ordinal-fit.js'
import { severities } from '../alerts/severity.js'
import { CommandError, unreachable } from './exit.js'

const positive = z.coerce.number().positive()
const said = {
  alertId: z.string().min(1),
  effect: z.coerce.number().min(0),
  persistence: z.coerce.number().min(0).max(1),
  detectors: z.coerce.number().int().min(0),
  rater: z.string().min(1),
  rating: z.enum(severities),
}
const byRate = z.object({ ...said, falseAlarmsPerDay: positive, budgetPerDay: positive, resolutionPerDay: positive })
const byRarity = z.object({ ...said, rarity: z.coerce.number().min(0).max(3) })

/** Columns of a file of ratings, for help and errors. */
export const ratingColumns =
  'alertId, effect, persistence, detectors (how many), rater, rating (info, warning, error or critical), and either rarity (levels, 0 to 3) or ' +
  'falseAlarmsPerDay, budgetPerDay and resolutionPerDay, as in the events'

/**
 * Reads a csv file of one rating per line, with a header; further columns are ignored.
 * @throws CommandError when the file cannot be read, or a line is no rating: which one, and why
 */
export async function readRatings(path: string): Promise<Rating[]> {
  const text = await readFile(path, 'utf8').catch(unreachable)
  const rows = lines(path, text)
  const schema = rows.length > 0 && 'rarity' in rows[0].record ? byRarity : byRate
  return rows.map(({ record, info }) => {
    const parsed = schema.safeParse(record)
    if (parsed.success) return ratingOf(parsed.data)
    const [{ path: column, message }] = parsed.error.issues
    throw new CommandError('usage', `${path}, line ${info.lines}, ${column.join('.')}: ${message}; expected the columns ${ratingColumns}`)
  })
}

const parsedLines = z.array(z.object({ record: z.record(z.string(), z.string()), info: z.object({ lines: z.number() }) }))

function lines(path: string, text: string): z.output<typeof parsedLines> {
  try {
    return parsedLines.parse(parse(text, { columns: true, info: true, bom: true, trim: true, skip_empty_lines: true }))
  } catch (error) {
    throw new CommandError('usage', `${path} is no csv file with a header: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    })
  }
}

/** The certifiable rate is 3 / span, so that K = budget x span = 3 budget / resolution. */
function ratingOf(row: z.output<typeof byRate> | z.output<typeof byRarity>): Rating {
  const { alertId, rater, rating, effect, persistence, detectors } = row
  const found = { effect, persistence, detectors: { length: detectors } }
  if (!('rarity' in row)) {
    const { falseAlarmsPerDay, budgetPerDay, resolutionPerDay } = row
    const axes = axesOf({ ...found, falseAlarmsPerDay }, { budgetPerDay, k: (3 * budgetPerDay) / resolutionPerDay })
    return { alertId, rater, rating, axes }
  }
  const axes = axesOf({ ...found, falseAlarmsPerDay: 1 }, { budgetPerDay: 1, k: 0 })
  return { alertId, rater, rating, axes: { ...axes, rarity: row.rarity } }
}
