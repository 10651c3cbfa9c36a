import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A file of `bench/peers/`. */
export const peerFile = (...path: readonly string[]): string =>
  join(fileURLToPath(new URL('../../../bench/peers/', import.meta.url)), ...path)

/** A peer that cannot be measured here; the message says why. */
export class PeerAbsent extends Error {
  override readonly name = 'PeerAbsent'
}

/**
 * A Python with what `bench/peers/PEER/requirements.txt` pins: a virtual environment in the temporary folder, made once. It begins with
 * the command PYTHON, else python3. Throws `PeerAbsent` when there is no Python or a package cannot be installed.
 */
export async function pythonOf(peer: string): Promise<string> {
  const requirements = peerFile(peer, 'requirements.txt')
  const hash = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
  const folder = join(tmpdir(), `driftwatch-peer-${peer}-${hash.slice(0, 12)}`)
  const interpreter = join(folder, 'bin', 'python')
  const complete = join(folder, 'complete')
  if (
    await access(complete).then(
      () => true,
      () => false,
    )
  )
    return interpreter
  process.stderr.write(`${peer}: installing bench/peers/${peer}/requirements.txt into ${folder}\n`)
  await attempt(peer, 'Python 3 with venv', process.env.PYTHON ?? 'python3', ['-m', 'venv', folder])
  await attempt(peer, 'its packages', interpreter, ['-m', 'pip', 'install', '--quiet', '--requirement', requirements])
  await writeFile(complete, '')
  return interpreter
}

async function attempt(peer: string, what: string, command: string, args: readonly string[]): Promise<void> {
  await run(command, args).catch((error: Error & { stderr?: string }) => {
    const said = (error.stderr || error.message).trim().split('\n').at(-1)
    throw new PeerAbsent(`${peer} is not measured: ${what} cannot be had (${said})`, { cause: error })
  })
}
