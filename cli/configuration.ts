import { loadConfig } from '../config/load.js'
import { formatProblem, type Problem } from '../config/problem.js'
import type { Config } from '../config/schema.js'
import { callsNobody, type Unneeded } from '../config/unneeded.js'
import { CommandError } from './exit.js'
import { keepSecret } from './secrets.js'

/** All problems of a file, one below the other, with their number. */
export function problemReport(problems: readonly Problem[], file: string): string {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
  return [...problems.map((problem) => formatProblem(problem, file)), `${count} in ${file}`].join('\n')
}

/** The configuration of a file for commands that look at data: they need no secret of what calls people. @throws as `configuration` */
export const configurationOfData = (file: string): Config => configuration(file, callsNobody)

/** The configuration of a file, for commands that cannot go on without one. @throws CommandError that lists every problem. */
export function configuration(file: string, unneeded: readonly Unneeded[] = []): Config {
  const result = loadConfig(file, process.env, unneeded)
  if (result.ok) {
    keepSecret(result.config)
    return result.config
  }
  throw new CommandError('usage', problemReport(result.problems, file))
}
