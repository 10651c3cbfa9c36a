import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Message } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type MessageOptions, messagesOf, RowError } from '../../cli/produce/messages.js'
import { command } from '../../cli/produce.js'
import { config } from '../config/texts.js'
import { runCommand } from './run-command.js'

const csv = (...columns: string[]) => ({ format: 'csv', columns }) as const
const row = (value: string | Buffer, offset = 0) => ({ offset, timestamp: 0, key: null, value: Buffer.from(value) })
const options = (changes: Partial<MessageOptions> = {}): MessageOptions => ({ format: 'json', keepKey: false, delimiter: ',', ...changes })
const parsed = (message: Message | undefined) => JSON.parse(String(message?.value))

describe('a row of csv as JSON', () => {
  it('names its fields, numbers as numbers, empty cells as null, all else as text', () => {
    const toMessage = messagesOf(csv('a', 'b', 'c', 'd', 'e', 'f'), options())
    const message = toMessage(row('1,-2.5e3, ,NaN,12345678901234567890,2026-03-01T00:00:00Z'))
    expect(message).toMatchObject({ key: null })
    expect(String(message?.value)).toBe('{"a":1,"b":-2500,"c":null,"d":"NaN","e":"12345678901234567890","f":"2026-03-01T00:00:00Z"}')
  })

  it('has the stream as key and field, or the key column as key only', () => {
    const columns = csv('host', 'x')
    const kept = messagesOf(columns, options({ key: 'host', keepKey: true }))(row('007,1'))
    expect({ key: kept?.key, value: parsed(kept) }).toEqual({ key: '007', value: { host: '007', x: 1 } })
    const left = messagesOf(columns, options({ key: 'host' }))(row('007,1'))
    expect({ key: left?.key, value: parsed(left) }).toEqual({ key: '007', value: { x: 1 } })
  })

  it('keeps the time as it is written', () => {
    expect(parsed(messagesOf(csv('ts', 'x'), options({ time: 'ts' }))(row('20260301,1')))).toEqual({ ts: '20260301', x: 1 })
  })

  it('reads quoted cells and other delimiters, and skips blank lines', () => {
    const toMessage = messagesOf(csv('a', 'b'), options({ delimiter: ';' }))
    expect(parsed(toMessage(row('"x;y";2')))).toEqual({ a: 'x;y', b: 2 })
    expect(toMessage(row('  '))).toBeUndefined()
  })

  it('has a column that is called __proto__ like any other', () => {
    expect(String(messagesOf(csv('__proto__', 'a'), options())(row('1,2'))?.value)).toBe('{"__proto__":1,"a":2}')
  })

  it.each([
    ['1,2', 'row 10 has 2 fields; expected 3'],
    ['1,2,3,4', 'row 10 has 4 fields; expected 3'],
  ])('refuses %s', (line, message) => {
    expect(() => messagesOf(csv('a', 'b', 'c'), options())(row(line, 9))).toThrow(message)
  })
})

describe('a row as little-endian numbers', () => {
  it('leaves out key and time, which become key and header', () => {
    const toMessage = messagesOf(csv('host', 'ts', 'x', 'y'), options({ format: 'float32', key: 'host', keepKey: true, time: 'ts' }))
    const message = toMessage(row('a,2026-03-01,1.5,nan'))
    expect(message).toMatchObject({ key: 'a', headers: { time: '2026-03-01' } })
    const bytes = message?.value as Buffer
    expect([bytes.length, bytes.readFloatLE(0), bytes.readFloatLE(4)]).toEqual([8, 1.5, Number.NaN])
  })

  it('has eight bytes a number as float64, and NaN for an empty cell', () => {
    const bytes = messagesOf(csv('x', 'y'), options({ format: 'float64' }))(row('0.1,'))?.value as Buffer
    expect([bytes.length, bytes.readDoubleLE(0), bytes.readDoubleLE(8)]).toEqual([16, 0.1, Number.NaN])
  })

  it('refuses text, shown in a harmless form', () => {
    const toMessage = messagesOf(csv('x', 'y'), options({ format: 'float32' }))
    expect(() => toMessage(row('1,a\u001b[2Jb', 4))).toThrow(new RowError('row 5 holds "a\\u001b[2Jb" in column "y"; expected a number'))
  })
})

describe('a line of ndjson', () => {
  const layout = { format: 'ndjson' } as const

  it('goes out as it stands, whatever it holds', () => {
    const line = '{"b": 1.0, "a": [1, 2], "big": 12345678901234567890}'
    expect(messagesOf(layout, options())(row(line))).toEqual({ key: null, value: Buffer.from(line) })
    expect(String(messagesOf(layout, options())(row('not json'))?.value)).toBe('not json')
    expect(messagesOf(layout, options())(row(''))).toBeUndefined()
  })

  it('has its key at a path', () => {
    const toMessage = messagesOf(layout, options({ key: 'meta.host' }))
    expect(toMessage(row('{"meta":{"host":7}}'))?.key).toBe('7')
    expect(() => toMessage(row('{"meta":{}}', 3))).toThrow('row 4 has no text or number at "meta.host"')
    expect(() => toMessage(row('not json', 3))).toThrow(/^row 4 is not JSON .*so its key cannot be found/)
  })

  it('cannot become bytes', () => {
    expect(() => messagesOf(layout, options({ format: 'float32' }))).toThrow('expected a csv or npy file')
  })
})

describe('a row of npy', () => {
  const layout = { format: 'npy', dtype: 'float32', rows: 1, columns: 2, start: 128 } as const
  const bytes = Buffer.from(Float32Array.of(1.5, -2).buffer)

  it('goes out as its own bytes, as other floats, or as JSON', () => {
    const value = (format: MessageOptions['format']) => messagesOf(layout, options({ format }))(row(bytes))?.value
    expect(value('float32')).toEqual(bytes)
    expect(value('float64')).toEqual(Buffer.from(Float64Array.of(1.5, -2).buffer))
    expect(value('json')).toBe('{"x0":1.5,"x1":-2}')
  })

  it('has no columns to name', () => {
    expect(() => messagesOf(layout, options({ key: 'host' }))).toThrow('an npy file has no columns by name')
  })
})

describe('driftwatch produce', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'driftwatch-produce-'))
    writeFileSync(join(folder, 'rows.csv'), 'host,x\na,1\n')
    writeFileSync(join(folder, 'file.yaml'), config({ source: '{ file: { path: rows.csv } }', decode: '{ csv: {} }' }))
    writeFileSync(join(folder, 'bad.yaml'), 'monitors: []\n')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each([
    [2, "required option '-t, --topic <name>'", ['rows.csv', '-b', '127.0.0.1:1']],
    [2, 'give --brokers as host:port', ['rows.csv', '-t', 'x']],
    [2, 'give --brokers as host:port', ['rows.csv', '-t', 'x', '-b', 'nonsense']],
    [2, 'no monitor there reads from kafka', ['rows.csv', '-t', 'x', '-c', 'file.yaml']],
    [2, 'monitors: expected', ['rows.csv', '-t', 'x', '-c', 'bad.yaml']],
    [2, 'there is no column "hst"; the columns are host, x', ['rows.csv', '-t', 'x', '-b', '127.0.0.1:1', '--stream', 'hst']],
    [2, 'cannot be used with option', ['rows.csv', '-t', 'x', '-b', '127.0.0.1:1', '--stream', 'host', '--key-column', 'host']],
    [2, 'Allowed choices are json, float32, float64', ['rows.csv', '-t', 'x', '-b', '127.0.0.1:1', '--format', 'xml']],
    [2, 'expected a whole number from 0 on', ['rows.csv', '-t', 'x', '-b', '127.0.0.1:1', '--rate', 'fast']],
    [5, 'ENOENT', ['none.csv', '-t', 'x', '-b', '127.0.0.1:1']],
    [5, 'brokers 127.0.0.1:1 (tls off, sasl off): cannot be reached', ['rows.csv', '-t', 'x', '-b', '127.0.0.1:1']],
  ])('exits %i and says "%s"', async (code, message, args) => {
    const paths = args.map((arg) => (/\.(csv|yaml)$/.test(arg) ? join(folder, arg) : arg))
    const run = await runCommand(command, ...paths)
    expect(run.err).toContain(message)
    expect(run).toMatchObject({ code, out: '' })
  })
})
