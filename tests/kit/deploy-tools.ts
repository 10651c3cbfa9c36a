import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const tools = fileURLToPath(new URL('../../../.cache/deploy/bin/', import.meta.url))
const execute = promisify(execFile)

/** A tool's answer; a status other than 0 is one too. */
export interface Said {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/**
 * Why one of the tools that look at `deploy/` is missing: those that `.ci/run` puts into `.cache/deploy/bin`. On CI (`CI` is set) all must
 * be there.
 */
export async function deployToolsOrSkip(...names: readonly string[]): Promise<{ readonly skip?: string }> {
  for (const name of names) {
    try {
      await access(tools + name)
    } catch {
      const skip = `there is no .cache/deploy/bin/${name} (.ci/run installs it)`
      if (process.env.CI) throw new Error(skip)
      return { skip }
    }
  }
  return {}
}

export async function deployTool(name: string, ...args: readonly string[]): Promise<Said> {
  try {
    return { status: 0, ...(await execute(tools + name, args)) }
  } catch (error) {
    if (!isFailure(error)) throw error
    return { status: error.code, stdout: error.stdout, stderr: error.stderr }
  }
}

const isFailure = (error: unknown): error is { code: number; stdout: string; stderr: string } =>
  error instanceof Error && 'code' in error && typeof error.code === 'number' && 'stdout' in error
