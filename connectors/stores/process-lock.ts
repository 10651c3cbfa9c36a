import { readFileSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'

/**
 * A file that says which process of this machine has something for itself. A process that crashed leaves it behind, and the next
 * one takes it over: the file names the process by its id and, where the system tells (Linux), by when it was started, so that
 * neither a reused id nor a new container is taken for it. Processes of other machines or containers are not seen.
 */
export class ProcessLock {
  #held = false

  constructor(private readonly path: string) {}

  /** @throws Error when a process that is alive has it */
  async take(): Promise<void> {
    const owner = await this.#owner()
    if (owner !== undefined && isOther(owner))
      throw new Error(
        `process ${pidOf(owner)} uses it (${this.path}); stop that one, or give each process a folder or a monitor name of its own`,
      )
    if (owner !== undefined) await rm(this.path, { force: true })
    await writeFile(this.path, identityOf(process.pid) ?? '', { flag: 'wx', mode: 0o600 })
    this.#held = true
  }

  async release(): Promise<void> {
    if (!this.#held) return
    this.#held = false
    await rm(this.path, { force: true })
  }

  async #owner(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
      throw error
    }
  }
}

const pidOf = (identity: string): number => Number.parseInt(identity, 10)

/** Whether what is named is alive, and not this process itself (whose earlier store was not closed). */
const isOther = (identity: string): boolean => {
  const pid = pidOf(identity)
  return pid > 0 && pid !== process.pid && identityOf(pid) === identity
}

/** Process id and, on Linux, start time (clock ticks since boot) and boot; undefined when there is no such process. */
function identityOf(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, but somebody else's.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return undefined
  }
  return [pid, ...startOf(pid)].join(' ')
}

function startOf(pid: number): string[] {
  if (process.platform !== 'linux') return []
  try {
    // The name of the program, in parentheses, may hold blanks; the 22nd field is the 20th after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? []
    return [fields[19], readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()]
  } catch {
    return []
  }
}
