import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

/** What every evaluation is told on its command line. */
export interface EvaluationArguments {
  /** Folder of third-party data; it never comes with the project. */
  readonly data: string
  /** Brokers to use instead of one that is started for the evaluation. */
  readonly brokers: readonly string[] | undefined
}

/** Reads `--data DIR` and `--brokers LIST`. Throws an `Error` that says what was expected. */
export async function evaluationArguments(name: string, expected: string): Promise<EvaluationArguments> {
  const { values } = parseArgs({ options: { data: { type: 'string' }, brokers: { type: 'string' } } })
  const mend = `usage: npm run ${name} -- --data DIR, DIR holding ${expected}`
  if (values.data === undefined) throw new Error(`no data given; ${mend}`)
  const data = resolve(values.data)
  const folder = await stat(data).catch(() => undefined)
  if (folder?.isDirectory() !== true) throw new Error(`there is no folder ${data}; ${mend}`)
  return { data, brokers: values.brokers?.split(',') }
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
