import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

/** A folder of its own, removed after the tests of the file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'driftwatch-'))
  folders.push(folder)
  return folder
}

export async function writeTemporary(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), name)
  await writeFile(path, content)
  return path
}

/** An npy file as numpy.save writes it (format version 1.0). */
export function npy(descr: string, shape: string, data: Uint8Array, fortranOrder = 'False'): Buffer {
  const header = `{'descr': ${descr}, 'fortran_order': ${fortranOrder}, 'shape': ${shape}, }`
  const padded = `${header.padEnd(64 * Math.ceil((10 + header.length + 1) / 64) - 11)}\n`
  const prefix = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1')
  prefix.writeUInt16LE(padded.length, 8)
  return Buffer.concat([prefix, Buffer.from(padded, 'latin1'), data])
}
