import { existsSync } from 'node:fs'
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DeadLetter, DeadLetterSink } from '../../../connectors/sink.js'
import { SinkError } from '../../../connectors/sink.js'
import { deadLetterFile } from '../../../connectors/stores/dead-letter-file.js'
import { silent } from '../../contract/silent-logger.js'
import { temporaryFolder, writeTemporary } from '../files/write.js'

const never = new AbortController().signal
const make = (path: string): DeadLetterSink => deadLetterFile.create({ path }, { monitor: 'test', logger: silent })

const letter = (offset: number, rest: Partial<DeadLetter> = {}): DeadLetter => ({
  origin: { topic: 'features', partition: 1, offset },
  reason: 'undecodable',
  detail: 'the value is not JSON:\n"\u2028"',
  timestamp: 1767225600000,
  key: Buffer.from('k'),
  value: Buffer.from([0, 255, 10]),
  ...rest,
})

const linesOf = async (path: string) => (await readFile(path, 'utf8')).split('\n')

describe('dead letter file', () => {
  it('holds each letter as a line when the write resolves', async () => {
    const path = join(await temporaryFolder(), 'new', 'letters.ndjson')
    const sink = make(path)
    await sink.connect()
    await sink.write([letter(1), letter(2, { key: null, value: null })], never)
    const lines = await linesOf(path)
    expect(lines).toHaveLength(3)
    expect(lines.slice(0, 2).map((line) => JSON.parse(line))).toEqual([
      { ...letter(1), key: 'aw==', value: 'AP8K' },
      { ...letter(2), key: null, value: null },
    ])
    await sink.close()
  })

  it('adds to what is there, on a line of its own after a crash', async () => {
    const path = await writeTemporary('letters.ndjson', '')
    for (const offset of [1, 2]) {
      const sink = make(path)
      await sink.connect()
      await sink.write([letter(offset)], never)
      await sink.close()
      await appendFile(path, '{"origin":{"top')
    }
    const sink = make(path)
    await sink.connect()
    await sink.write([letter(3)], never)
    await sink.write([letter(4)], never)
    await sink.close()
    const whole = (await linesOf(path)).filter((line) => line.endsWith('}')).map((line) => JSON.parse(line).origin.offset)
    expect(whole).toEqual([1, 2, 3, 4])
  })

  it.skipIf(!existsSync('/dev/full'))('tells a full disk as an error that may pass', async () => {
    const sink = make('/dev/full')
    await sink.connect()
    const error = await sink.write([letter(1)], never).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(SinkError)
    expect(error).toMatchObject({ reason: 'disk', recoverable: true })
    expect(String(error)).toMatch(/\/dev\/full: cannot be written \(ENOSPC.*free space/)
    await sink.close()
  })

  it('tells a path that cannot be opened', async () => {
    const sink = make(join(await writeTemporary('taken', ''), 'letters.ndjson'))
    await expect(sink.connect()).rejects.toMatchObject({ reason: 'disk', recoverable: true })
  })
})
