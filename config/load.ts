import { readFileSync, statSync } from 'node:fs'
import { diagnose } from './diagnose.js'
import { readDocument } from './document.js'
import { explain } from './explain.js'
import { inheritConnections } from './inherit.js'
import { configJsonSchema } from './json-schema.js'
import { byPlace, formatPath, type Problem, unplaced } from './problem.js'
import { type Config, configSchema } from './schema.js'
import type { Environment } from './substitute.js'
import { leaveOut, type Unneeded } from './unneeded.js'

export type LoadResult = { readonly ok: true; readonly config: Config } | { readonly ok: false; readonly problems: readonly Problem[] }

/** Nothing that people write is larger; it also bounds what the parser can be made to do. */
const largest = 1_000_000
/** Nobody reads more at once; what is no configuration at all would have tens of thousands. */
const mostProblems = 100

const schema = configJsonSchema()

/**
 * Reads and checks a configuration file. Never throws: every problem is in the result, in the order of the file.
 * @param unneeded parts that are left out where a variable or file that they name is not there; default: none
 */
export function loadConfig(file: string, environment: Environment = process.env, unneeded: readonly Unneeded[] = []): LoadResult {
  const text = readText(file)
  return typeof text === 'string' ? parseConfig(text, environment, unneeded) : { ok: false, problems: [text] }
}

/** Checks the text of a configuration file. */
export function parseConfig(text: string, environment: Environment = process.env, unneeded: readonly Unneeded[] = []): LoadResult {
  const reading = leaveOut(readDocument(text, schema, environment), unneeded)
  if (reading.value === undefined) return refused(reading.problems)
  if (reading.value === null) return { ok: false, problems: [unplaced('the file is empty; expected at least one monitor', start)] }

  const { value, inherited } = inheritConnections(reading.value)
  const parsed = configSchema.safeParse(value, { error: explain })
  const known = new Set([...reading.problems.map(({ path }) => path), ...inherited.map(formatPath)])
  const problems = [...reading.problems, ...diagnose(parsed.error?.issues ?? [], reading, schema, known, mostProblems + 1)]
  return parsed.success && problems.length === 0 ? { ok: true, config: parsed.data } : refused(problems)
}

function refused(all: readonly Problem[]): LoadResult {
  const problems = all.toSorted(byPlace)
  if (problems.length > mostProblems)
    problems.splice(mostProblems, Infinity, unplaced(`there are more problems than the first ${mostProblems}; mend these first`))
  return { ok: false, problems }
}

const start = 'see examples/ for files to start from, and `driftwatch schema` for the fields'

function readText(file: string): string | Problem {
  let bytes: Buffer
  try {
    const { size } = statSync(file)
    if (size > largest) return unplaced(`the file has ${size} bytes; expected a configuration of at most ${largest}`)
    bytes = readFileSync(file)
  } catch (error) {
    return unplaced(unreadable((error as NodeJS.ErrnoException).code))
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return unplaced('the file is not text in UTF-8', 'save it as UTF-8')
  }
}

function unreadable(code: string | undefined): string {
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EISDIR') return 'this is a folder; expected a file'
  if (code === 'EACCES' || code === 'EPERM') return 'the file may not be read by this user'
  return `the file cannot be read (${code})`
}
