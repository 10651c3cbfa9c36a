import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The file has either its old content (or is not there) or all of the new one, whenever the machine stops. */
export async function writeDurably(path: string, bytes: Uint8Array, mode = 0o600): Promise<void> {
  const temporary = temporaryOf(path)
  const file = await open(temporary, 'w', mode)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await syncFolder(dirname(path))
}

/** What a write that was cut off leaves behind. */
export const temporaryOf = (path: string): string => `${path}.tmp`

/** Makes the rename itself durable. Windows cannot open folders, and needs no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
