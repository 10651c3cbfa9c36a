import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** What every evaluation is told on its command line. */
export interface EvaluationArguments {
  /** Folder of third-party data; it never comes with the project. */
  readonly data: string
  /** Brokers to use instead of one that is started for the evaluation. */
  readonly brokers: readonly string[] | undefined
  /** What was given for the evaluation's own options. */
  readonly own: Readonly<Record<string, string | undefined>>
}

/** Reads `--data DIR`, `--brokers LIST` and the evaluation's own options, each with a value. Throws an `Error` that says what was expected. */
export async function evaluationArguments(name: string, expected: string, options: readonly string[] = []): Promise<EvaluationArguments> {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: Object.fromEntries(['data', 'brokers', ...options].map((option) => [option, text])) })
  const { data: given, brokers, ...own } = values
  const mend = `usage: npm run ${name} -- --data DIR, DIR holding ${expected}`
  if (given === undefined) throw new Error(`no data given; ${mend}`)
  const data = resolve(given)
  const folder = await stat(data).catch(() => undefined)
  if (folder?.isDirectory() !== true) throw new Error(`there is no folder ${data}; ${mend}`)
  return { data, brokers: brokers?.split(','), own }
}

/** Runs an evaluation; what goes wrong is one message and an exit code other than 0. */
export async function evaluate(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    process.stderr.write(`error: ${error instanceof Error ? error.message : error}\n`)
    process.exitCode = 1
  }
}
