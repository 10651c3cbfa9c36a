import { type DestinationStream, type Logger, pino } from 'pino'
import { redactor } from './redact.js'
import { type Colour, harmless, type Paint, painter, showsColour } from './terminal.js'

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

export interface LoggerOptions {
  readonly level: LogLevel
  /** Values that must never be printed, whatever message they slipped into. */
  readonly secrets?: readonly { reveal(): string }[]
  /** Where lines go; standard error by default, since alerts may go to standard output. */
  readonly destination?: DestinationStream
  /** JSON lines, or short lines for people; by default the latter when standard error is a terminal. */
  readonly format?: 'json' | 'text' | undefined
  /** Colours in the text form; by default when standard error shows them. */
  readonly colour?: boolean
}

/**
 * The process's logger: JSON lines `{"level","time","msg",...}`, or short lines on a terminal.
 * Written synchronously, so that the last line before an exit is not lost.
 */
export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? pino.destination({ dest: 2, sync: true })
  const scrub = scrubber(options.secrets ?? [])
  const paint = painter(options.colour ?? showsColour(process.stderr))
  const format = options.format ?? (process.stderr.isTTY ? 'text' : 'json')
  const render = format === 'text' ? (line: string) => textLine(line, paint) : (line: string) => line
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (line) => destination.write(render(scrub(line))) },
  )
}

/** Takes secrets out of every string of a line and leaves the rest alone, so that a secret of digits cannot break the JSON. */
function scrubber(secrets: readonly { reveal(): string }[]): (line: string) => string {
  if (secrets.length === 0) return (line) => line
  const redact = redactor(secrets.map((secret) => secret.reveal()))
  return (line) => `${JSON.stringify(JSON.parse(line, (_key, value) => (typeof value === 'string' ? redact(value) : value)))}\n`
}

const levelColours: Record<string, Colour> = { fatal: 'inverseRed', error: 'red', warn: 'yellow', info: 'green' }

/** `12:03:27 INFO  message  key=value ...`, with the cause of an error instead of its stack. */
function textLine(line: string, paint: Paint): string {
  const { level, time, msg, err, ...fields } = JSON.parse(line) as { level: string; time: string; msg?: string; err?: { message: string } }
  const details = Object.entries(fields).map(([key, value]) => paint('dim', `${harmless(key)}=${harmless(plain(value))}`))
  const fault = err === undefined || err.message === msg ? [] : [paint('red', harmless(err.message, 1000))]
  const head = `${paint('dim', time.slice(11, 19))} ${paint(levelColours[level] ?? 'dim', level.toUpperCase().padEnd(5))}`
  return `${[`${head} ${harmless(msg ?? '', 1000)}`, ...fault, ...details].join('  ')}\n`
}

const plain = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
