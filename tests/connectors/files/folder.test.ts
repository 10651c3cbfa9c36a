import { mkdir, symlink, unlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { folderSource } from '../../../connectors/files/folder.js'
import type { RawRecord } from '../../../connectors/records.js'
import type { Source } from '../../../connectors/source.js'
import { silent } from '../../contract/silent-logger.js'
import { temporaryFolder } from './write.js'

const open = async (options: object): Promise<Source> => {
  const source = folderSource.create(folderSource.schema.parse(options), { monitor: 'test', logger: silent })
  await source.connect()
  return source
}

const recordsOf = async (options: object): Promise<RawRecord[]> => {
  const records: RawRecord[] = []
  for await (const event of (await open(options)).read()) {
    if (event.kind === 'assigned') event.begin(0)
    if (event.kind === 'batch') records.push(...event.records)
  }
  return records
}

async function folderOf(...files: readonly string[]): Promise<string> {
  const path = await temporaryFolder()
  for (const file of files) {
    await mkdir(join(path, file, '..'), { recursive: true })
    await writeFile(join(path, file), file)
  }
  return path
}

describe('folder source', () => {
  it('reads pictures of all subfolders in the order of their paths, and leaves other files alone', async () => {
    const path = await folderOf('b.JPG', 'a.png', 'notes.txt', 'north/2.webp', 'north/1.jpeg', 'north/deep/x.jpg', 'jpg')
    await symlink(join(path, 'a.png'), join(path, 'z.png'))
    const records = await recordsOf({ path })
    expect(records.map(({ headers, value, key }) => [headers?.path, String(value), key && String(key)])).toEqual([
      ['a.png', 'a.png', null],
      ['b.JPG', 'b.JPG', null],
      ['north/1.jpeg', 'north/1.jpeg', 'north'],
      ['north/2.webp', 'north/2.webp', 'north'],
      ['north/deep/x.jpg', 'north/deep/x.jpg', 'north/deep'],
      ['z.png', 'a.png', null],
    ])
    expect((await recordsOf({ path, extensions: ['.txt'] })).map(({ value }) => String(value))).toEqual(['notes.txt'])
  })

  it('names files alike however the folder is written', async () => {
    const path = await folderOf('north/1.jpg', '2.jpg')
    const here = process.cwd()
    const ways = [path, `${path}/`, `${path}/north/..`, relative(here, path), `./${relative(here, path)}`]
    for (const way of ways) expect((await recordsOf({ path: way })).map(({ headers }) => headers?.path)).toEqual(['2.jpg', 'north/1.jpg'])
    process.chdir(path)
    try {
      expect((await recordsOf({ path: '.' })).map(({ headers }) => headers?.path)).toEqual(['2.jpg', 'north/1.jpg'])
    } finally {
      process.chdir(here)
    }
  })

  it('stamps files from startTime on, by the interval', async () => {
    const path = await folderOf('1.jpg', '2.jpg')
    const start = Date.UTC(2026, 0, 1)
    const records = await recordsOf({ path, startTime: '2026-01-01', interval: '5m' })
    expect(records.map(({ timestamp }) => timestamp)).toEqual([start, start + 300_000])
  })

  it('says what is wrong with the folder, or with a file that has gone', async () => {
    await expect(open({ path: '/nowhere' })).rejects.toThrow(/^\/nowhere: cannot be read \(ENOENT/)
    const none = await folderOf('notes.txt')
    const file = join(none, 'notes.txt')
    await expect(open({ path: file })).rejects.toThrow(`${file}: is a file, not a folder; give the folder that holds it`)
    await expect(open({ path: none })).rejects.toThrow(`${none}: holds no file that ends in .jpg, .jpeg, .png, .webp; check the folder`)
    const path = await folderOf('1.jpg', '2.jpg')
    const source = await open({ path })
    await unlink(join(path, '2.jpg'))
    const events = source.read()[Symbol.asyncIterator]()
    const { value } = await events.next()
    if (value?.kind === 'assigned') value.begin(0)
    await expect(events.next()).rejects.toThrow(/2\.jpg: cannot be read \(ENOENT/)
  })

  it.each(['jpg', '.j pg', ''])('refuses "%s" as an extension', (extension) => {
    expect(folderSource.schema.safeParse({ path: '.', extensions: [extension] }).error?.issues[0].message).toBe(
      'expected an extension such as .jpg',
    )
  })
})
