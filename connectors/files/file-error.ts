/** An error about a file that says where, what and how to mend it. */
export function fileError(path: string, problem: string, mend: string, cause?: unknown): Error {
  return new Error(`${path}: ${problem}; ${mend}`, { cause })
}

const mends: Readonly<Record<string, string>> = {
  ENOENT: 'check the path (relative ones start at the working directory)',
  EACCES: 'give this user the right to it',
  EISDIR: 'name a file, not a folder',
}

/** Tells a person what the operating system refused. */
export function ioError(path: string, error: unknown, done: 'read' | 'written' = 'read'): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  const message = error instanceof Error ? error.message : String(error)
  return fileError(path, `cannot be ${done} (${message})`, mends[code] ?? 'check the file and its storage', error)
}
