import { readFileSync, type Stats, statSync } from 'node:fs'

export type Environment = Readonly<Record<string, string | undefined>>

/** What became of a text with `${…}` in it. */
export interface Substituted {
  readonly text: string
  /** The text as it may be shown: `${env:NAME}` in place of what came from there. */
  readonly shown: string
  /** What could not be substituted, one sentence each. */
  readonly faults: readonly string[]
}

/** One without its `}` reaches to the end of the text, so that no part of the text is searched twice. */
const pattern = /\$\$\{|\$\{([^}]*)(\}|$)/g
const variable = /^env:([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s
const file = /^file:(.+)$/s

/**
 * Replaces `${env:NAME}`, `${env:NAME:-default}` (when the variable is unset or empty) and `${file:/path}` (the file's text
 * without its last line end) once, not again inside what was put in. `$${` stands for a literal `${`.
 */
export function substitute(text: string, environment: Environment): Substituted {
  const faults: string[] = []
  const attempt = (inner: string | undefined): string => {
    try {
      return resolve(inner, environment)
    } catch (error) {
      faults.push((error as Error).message)
      return ''
    }
  }
  return {
    text: text.replace(pattern, (whole, inner, end) => (whole === '$${' ? '${' : attempt(end === '' ? undefined : inner))),
    shown: text.replace(pattern, (whole, inner) => (whole === '$${' ? '${' : shownAs(inner))),
    faults,
  }
}

/** Without the default, which may be a secret too. */
const shownAs = (inner: string) => `\${${inner.replace(variable, 'env:$1')}}`

function resolve(inner: string | undefined, environment: Environment): string {
  if (inner === undefined) throw new Error(`a \${ has no closing }; for a literal \${ write $\${`)
  const [, name, fallback] = variable.exec(inner) ?? []
  if (name !== undefined) {
    const value = environment[name]
    if (fallback !== undefined && (value === undefined || value === '')) return fallback
    if (value === undefined)
      throw new Error(`environment variable ${name} is not set; set it, or give a default as \${env:${name}:-default}`)
    return value
  }
  const path = file.exec(inner)?.[1]
  if (path !== undefined) return fileText(path)
  throw new Error(
    `\${${inner}} is not a substitution; write \${env:NAME}, \${env:NAME:-default} or \${file:/path}, and $\${ for a literal \${`,
  )
}

/** Secrets are mounted as small files, commonly with a line end. */
const fileLimit = 65_536

function fileText(path: string): string {
  const expected = `expected a file of at most ${fileLimit} bytes that holds one value`
  let stats: Stats
  try {
    stats = statSync(path)
    if (stats.isFile() && stats.size <= fileLimit) return readFileSync(path, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new Error(`file ${path} cannot be read (${(error as NodeJS.ErrnoException).code}); ${expected}`)
  }
  throw new Error(`file ${path} is ${stats.isFile() ? `${stats.size} bytes long` : 'not a regular file'}; ${expected}`)
}
