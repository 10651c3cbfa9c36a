import { fork } from 'node:child_process'
import { once } from 'node:events'
import { realpath } from 'node:fs/promises'
import { z } from 'zod'
import type { MonitorConfig } from '../../config/monitor.js'
import { readBundle } from '../../references/bundle.js'
import { type BaselineStep, baselineSteps, isSettled, readHistory } from '../../references/history.js'
import { bundlePath } from '../bundle-path.js'
import { configuration } from '../configuration.js'
import { chooseMonitor } from '../monitor-option.js'
import { programFile } from '../program-file.js'
import type { Request } from './requests.js'

export interface CarryOutOptions {
  readonly config: MonitorConfig
  /** The configuration file that the process runs. */
  readonly file: string
  /** Version of the reference that the monitor reads. */
  readonly running: string
  /** The child has taken a step. */
  told(step: BaselineStep, details: object): void
  /** Another reference than the monitor's is in its place. */
  replaced(version: string): void
}

/**
 * Carries out a request, unless the reference's history says that this was done, by this process before its restart or by another
 * one. The work is that of the command, in a process of its own: its memory and its processor time are not the monitor's.
 */
export async function carryOut(options: CarryOutOptions, request: Request, signal: AbortSignal): Promise<void> {
  const { config, running, replaced } = options
  const place = await realpath(bundlePath(config))
  const { place: message, time } = request.said
  const settled = async () => isSettled(await readHistory(place), message, time)
  if (!(await settled())) {
    if (signal.aborted) return
    const { ending, complaint } = await runCommand(options, request, signal)
    if (!(await settled())) throw new Error(complaint || `driftwatch rebaseline ended with ${ending}`)
  }
  const { version } = await readBundle(place)
  if (version !== running) replaced(version)
}

const toldSchema = z.looseObject({ step: z.enum(baselineSteps) })
/** Characters of what the command complains of that are kept. */
const MOST = 2000

/** Runs `driftwatch rebaseline` as a child; an aborted signal ends it. */
async function runCommand(
  { config, file, told }: CarryOutOptions,
  { from, to, reason, said }: Request,
  signal: AbortSignal,
): Promise<{ ending: unknown; complaint: string }> {
  requireSame(config, chooseMonitor(configuration(file), config.name))
  const range = ['--from', new Date(from).toISOString(), '--to', new Date(to).toISOString()]
  const args = ['rebaseline', file, '--monitor', config.name, ...range, '--reason', reason, '--message', said.place, '--activate']
  const child = fork(programFile, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], env: { ...process.env, NO_COLOR: '1' } })
  const end = () => void child.kill()
  signal.addEventListener('abort', end, { once: true })
  let complaint = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(-MOST)
  })
  child.on('message', (message) => {
    const { data } = toldSchema.safeParse(message)
    if (data === undefined) return
    const { step, ...details } = data
    told(step, details)
  })
  try {
    const [code, killer] = await once(child, 'close')
    return { ending: code ?? killer, complaint: errorOf(complaint) }
  } finally {
    signal.removeEventListener('abort', end)
  }
}

/** The command's last word, without its progress before that. */
const errorOf = (text: string): string => (/^error: (.*)$/ms.exec(text)?.[1] ?? text).trim()

/** The command reads the file anew; what it fits must suit the monitor that runs. */
function requireSame(running: MonitorConfig, read: MonitorConfig): void {
  if (read.version === running.version && read.reference.path === running.reference.path) return
  throw new Error('the configuration file has changed since this process has read it; restart the process: the message is then carried out')
}
