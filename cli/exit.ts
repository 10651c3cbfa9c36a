import { ioError } from '../connectors/files/file-error.js'

/** What the process's exit code says. Scripts and supervisors rely on it: a change is a breaking change. */
export const exitCodes = {
  ok: { code: 0, meaning: 'done, or stopped as asked (SIGTERM, drained)' },
  fault: { code: 1, meaning: 'an unexpected fault; please report it' },
  usage: { code: 2, meaning: 'wrong usage, or a configuration that is not valid' },
  reference: { code: 3, meaning: 'the data cannot be a reference, or the reference bundle cannot be used' },
  check: { code: 4, meaning: 'a check failed (doctor), or alerts differ (replay --against)' },
  unreachable: { code: 5, meaning: 'something could not be reached at start: broker, topic, sink or file' },
  undrained: { code: 6, meaning: 'stopped, but not drained in time; what was unfinished is read again' },
  stopped: {
    code: 7,
    meaning: 'a monitor could not go on: its input or a required sink failed for good; mend what it says and start again',
  },
  interrupted: { code: 130, meaning: 'ended at once by a second signal' },
} as const
export type ExitReason = keyof typeof exitCodes

/** Ends a command with one message for the user and the exit code of its reason. An empty message: all was said already. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
  constructor(
    readonly reason: ExitReason,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options)
  }
}

/** For the `catch` of whatever reaches out: the same message, as something that could not be reached. */
export function unreachable(error: unknown): never {
  throw new CommandError('unreachable', error instanceof Error ? error.message : String(error), { cause: error })
}

/** For the `catch` of reading or writing a file: what the operating system refused, and how to mend it. */
export const unreadable =
  (path: string) =>
  (error: unknown): never =>
    unreachable(ioError(path, error))
export const unwritable =
  (path: string) =>
  (error: unknown): never =>
    unreachable(ioError(path, error, 'written'))

/** The exit code of whatever a command threw. */
export const exitCodeOf = (error: unknown): number => exitCodes[error instanceof CommandError ? error.reason : 'fault'].code

/** The exit codes as lines of help. */
export const exitCodeHelp = (): string =>
  ['Exit codes:', ...Object.values(exitCodes).map(({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`)].join('\n')
