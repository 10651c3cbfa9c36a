import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fileStore } from '../../../connectors/stores/file.js'
import { silent } from '../../contract/silent-logger.js'
import { roundOf, stateOf } from '../../contract/store-contract.js'
import { temporaryFolder, writeTemporary } from '../files/write.js'

const partition = { topic: 'features', partition: 3 }

const openStore = async (path: string, monitor = 'payments') => {
  const store = fileStore.create({ path }, { monitor, logger: silent })
  await store.connect()
  return store
}

const saved = async () => {
  const folder = await temporaryFolder()
  await (await openStore(folder)).save(roundOf(partition, 10, { a: [9, 'state of a'], b: [4, 'state of b'] }))
  const [name] = (await readdir(folder)).filter((file) => file.endsWith('.state'))
  return { folder, path: join(folder, name) }
}

describe('file store', () => {
  it('keeps monitors apart in one folder', async () => {
    const folder = await temporaryFolder()
    await (await openStore(folder, 'one')).save(roundOf(partition, 1, { a: [0, 'one'] }))
    await (await openStore(folder, 'two')).save(roundOf(partition, 2, { a: [1, 'two'] }))
    expect(await stateOf(await openStore(folder, 'one'), partition)).toEqual({ offset: 1, streams: { a: [0, 'one'] } })
  })

  it('does not mind what a crash in mid-write left', async () => {
    const { folder, path } = await saved()
    await writeFile(`${path}.tmp`, 'half a ro')
    const store = await openStore(folder)
    expect((await stateOf(store, partition)).offset).toBe(10)
    await store.save(roundOf(partition, 20, { a: [15, 'next'] }))
    expect(await stateOf(await openStore(folder), partition)).toEqual({ offset: 20, streams: { a: [15, 'next'], b: [4, 'state of b'] } })
  })

  it('refuses a file that is damaged at any byte, and says which and how to mend it', async () => {
    const { folder, path } = await saved()
    const bytes = await readFile(path)
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] ^= 1
      await writeFile(path, damaged)
      await expect((await openStore(folder)).load(partition), `byte ${at}`).rejects.toThrow(`state file ${path}: `)
    }
    await writeFile(path, bytes)
    expect((await stateOf(await openStore(folder), partition)).offset).toBe(10)
  })

  it('refuses a file that is cut off anywhere', async () => {
    const { folder, path } = await saved()
    const bytes = await readFile(path)
    for (let length = 0; length < bytes.length; length++) {
      await writeFile(path, bytes.subarray(0, length))
      await expect((await openStore(folder)).load(partition), `${length} bytes`).rejects.toThrow(/put back a copy of it, or delete it/)
    }
  })

  it('refuses another schema version, and the file of another partition', async () => {
    const { folder, path } = await saved()
    const text = await readFile(path, 'latin1')
    await writeFile(path, text.replace('driftwatch-state 1 ', 'driftwatch-state 2 '), 'latin1')
    await expect((await openStore(folder)).load(partition)).rejects.toThrow('it has schema version 2, this release reads 1')
    await writeFile(path.replace('.3.state', '.4.state'), text, 'latin1')
    await expect((await openStore(folder)).load({ ...partition, partition: 4 })).rejects.toThrow(
      'it belongs to monitor "payments", features/3',
    )
  })

  it('refuses a folder in which another process keeps the same monitor, until that one is gone', async () => {
    const folder = await temporaryFolder()
    const script = `
      const { fileStore } = await import(${JSON.stringify(new URL('../../../connectors/stores/file.js', import.meta.url).href)})
      await fileStore.create({ path: ${JSON.stringify(folder)} }, { monitor: 'payments' }).connect()
      console.log('connected')
      setInterval(() => {}, 1000)`
    const other = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const gone = once(other, 'exit')
    await once(other.stdout, 'data')
    await expect(openStore(folder)).rejects.toThrow(`state folder ${folder}, monitor payments: process ${other.pid} uses it`)
    await openStore(folder, 'search')
    other.kill('SIGKILL')
    await gone
    await openStore(folder)
  })

  it('takes over from a process whose id was used again', async () => {
    const folder = await temporaryFolder()
    const store = await openStore(folder)
    const [lock] = (await readdir(folder)).filter((file) => file.endsWith('.lock'))
    await writeFile(join(folder, lock), `${process.ppid} 1 another-boot`)
    await store.close()
    await openStore(folder)
    await (await openStore(folder)).close()
    expect(await readdir(folder)).toEqual([])
  })

  it('fails at connect when its folder cannot be one', async () => {
    const path = join(await writeTemporary('taken', ''), 'state')
    await expect(openStore(path)).rejects.toThrow(/cannot be written \(ENOTDIR.*or set another path/)
  })
})
