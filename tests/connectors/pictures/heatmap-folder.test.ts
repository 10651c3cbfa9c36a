import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { HeatmapFolder } from '../../../connectors/pictures/heatmap-folder.js'
import { temporaryFolder } from '../files/write.js'

const nameOf = (i: number) => `heatmap-belt-camera-0-${i}-${String(i).padStart(16, '0')}.png`
const bytes = (count: number) => new Uint8Array(count).fill(7)

describe('a folder of heatmaps', () => {
  let path: string
  beforeEach(async () => {
    path = join(await temporaryFolder(), 'made', 'when missing')
  })
  const open = async (files: number, size = 1e6) => {
    const folder = new HeatmapFolder(path, { files, bytes: size })
    await folder.connect()
    return folder
  }
  const held = async () => (await readdir(path)).toSorted()

  it('holds as many files as it may, and deletes the oldest of its own only', async () => {
    const folder = await open(3)
    await writeFile(join(path, 'holiday.png'), bytes(10))
    for (let i = 0; i < 5; i++) await folder.write(nameOf(i), bytes(10))
    expect(await held()).toEqual([nameOf(2), nameOf(3), nameOf(4), 'holiday.png'])
    expect(await folder.has(nameOf(1))).toBe(false)
    expect(await folder.has(nameOf(4))).toBe(true)
  })

  it('holds as many bytes as it may, and the newest file in any case', async () => {
    const folder = await open(10, 100)
    await folder.write(nameOf(0), bytes(60))
    await folder.write(nameOf(1), bytes(40))
    expect(await held()).toEqual([nameOf(0), nameOf(1)])
    await folder.write(nameOf(2), bytes(40))
    expect(await held()).toEqual([nameOf(1), nameOf(2)])
    await folder.write(nameOf(3), bytes(101))
    expect(await held()).toEqual([nameOf(3)])
  })

  it('goes on from what is there at the start, by age, and what a crash left of a write goes too', async () => {
    await mkdir(path, { recursive: true })
    for (const [i, name] of [nameOf(5), `${nameOf(6)}.tmp`, nameOf(1)].entries()) {
      await writeFile(join(path, name), bytes(10))
      await utimes(join(path, name), 1000 + i, 1000 + i)
    }
    const folder = await open(2)
    expect(await held()).toEqual([nameOf(1), `${nameOf(6)}.tmp`])
    await folder.write(nameOf(7), bytes(10))
    expect(await held()).toEqual([nameOf(1), nameOf(7)])
  })

  it('reads a file that is small enough, and none that somebody has cleared', async () => {
    const folder = await open(2)
    await folder.write(nameOf(0), bytes(10))
    expect(await folder.read(nameOf(0), 10)).toEqual(Buffer.from(bytes(10)))
    expect(await folder.read(nameOf(0), 9)).toBeUndefined()
    await rm(join(path, nameOf(0)))
    expect(await folder.read(nameOf(0), 10)).toBeUndefined()
  })

  it('leaves nothing of a write that failed, and the file of that name as it was', async () => {
    const folder = await open(2)
    await folder.write(nameOf(0), bytes(10))
    // In the way of the temporary file.
    await mkdir(join(path, `${nameOf(0)}.tmp`))
    await expect(folder.write(nameOf(0), bytes(20))).rejects.toThrow(/EISDIR/)
    expect(await readFile(join(path, nameOf(0)))).toHaveLength(10)
  })

  it('refuses at the start what is no folder, and says which and how to mend it', async () => {
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(path, '')
    await expect(open(1)).rejects.toThrow(/^pictures\.heatmaps\.folder .*: cannot be written \(.*\); give this user the right/)
  })
})
