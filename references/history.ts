import { appendFile, readFile } from 'node:fs/promises'
import { z } from 'zod'

/** What happens to a monitor's reference. `activated`, `unchanged` and `refused` are the ends. */
export const baselineSteps = ['frozen', 'collected', 'self-tested', 'activated', 'unchanged', 'refused'] as const
export type BaselineStep = (typeof baselineSteps)[number]

const lineSchema = z.object({
  /** ISO 8601. */
  time: z.string(),
  step: z.enum(baselineSteps),
  /** The control message that asked for it; absent: a person did. */
  message: z.string().optional(),
})
export type HistoryLine = z.output<typeof lineSchema>

/** The file that stands beside a reference's folder. */
export const historyPath = (folder: string): string => `${folder}.history.ndjson`

export const appendHistory = (folder: string, line: HistoryLine): Promise<void> =>
  appendFile(historyPath(folder), `${JSON.stringify(line)}\n`)

/** All lines that say what was done; none where there is no file. A line that a crash cut off says nothing. */
export async function readHistory(folder: string): Promise<HistoryLine[]> {
  const text = await readFile(historyPath(folder), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return text.split('\n').flatMap((line) => {
    const { data } = lineSchema.safeParse(parsed(line))
    return data === undefined ? [] : [data]
  })
}

const ends: readonly BaselineStep[] = ['activated', 'unchanged', 'refused']

/** Whether a message, written at `sent` (ms), needs nothing more: since then it has come to its end, or a person has activated something. */
export const isSettled = (lines: readonly HistoryLine[], message: string, sent: number): boolean =>
  lines.some((line) => {
    // A topic that was made anew counts its messages from 0 again.
    if (Date.parse(line.time) <= sent) return false
    return line.message === undefined ? line.step === 'activated' : line.message === message && ends.includes(line.step)
  })

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
