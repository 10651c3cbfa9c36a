import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../../alerts/event.js'
import { StdoutSink, stdout } from '../../../connectors/sinks/stdout.js'
import { failure, sampleEvent } from '../../contract/sink-contract.js'

/** A stream that keeps what it was given; stalled, it keeps the reader's promise open. */
class Screen extends Writable {
  text = ''
  stalled = false
  waiting: (() => void)[] = []
  constructor(readonly isTTY: boolean) {
    super({ decodeStrings: false, highWaterMark: 1 })
  }
  hasColors = () => this.isTTY
  override _write(chunk: string, _encoding: string, done: () => void): void {
    const take = () => {
      this.text += chunk
      done()
    }
    if (this.stalled) this.waiting.push(take)
    else take()
  }
}

const never = new AbortController().signal
const lines = (text: string): AlertEvent[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AlertEvent)

describe('stdout', () => {
  it.each([
    { format: 'auto', isTTY: true, isJson: false },
    { format: 'auto', isTTY: false, isJson: true },
    { format: 'pretty', isTTY: false, isJson: false },
    { format: 'ndjson', isTTY: true, isJson: true },
  ] as const)('writes JSON: $isJson, for format $format on a terminal: $isTTY', async ({ format, isTTY, isJson }) => {
    const screen = new Screen(isTTY)
    await new StdoutSink({ format }, screen).write(sampleEvent(), never)
    expect(screen.text.startsWith('{')).toBe(isJson)
  })

  it('colours only a terminal that shows colours', async () => {
    const [terminal, file] = [new Screen(true), new Screen(false)]
    for (const screen of [terminal, file]) await new StdoutSink({ format: 'pretty' }, screen).write(sampleEvent(), never)
    expect(terminal.text).toContain('\u001b[33mWARNING')
    expect(file.text).not.toContain('\u001b')
  })

  it('keeps control characters out of the JSON lines', async () => {
    const screen = new Screen(false)
    await new StdoutSink({ format: 'ndjson' }, screen).write(sampleEvent('x', { stream: 'a\u009b31m\u2028\u007fb' }), never)
    expect(screen.text).toMatch(/^[^\u007f-\u009f\u2028]*\n$/)
    expect(lines(screen.text)[0].data.stream).toBe('a\u009b31m\u2028\u007fb')
  })

  it('waits for a slow reader', async () => {
    const screen = new Screen(false)
    screen.stalled = true
    let written = false
    const write = new StdoutSink({ format: 'ndjson' }, screen).write(sampleEvent(), never).then(() => {
      written = true
    })
    await new Promise(setImmediate)
    expect(written).toBe(false)
    for (const take of screen.waiting) take()
    await write
    expect(lines(screen.text)).toHaveLength(1)
  })

  it('says that its reader went away, and does not end the process', async () => {
    const output = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })) })
    const sink = new StdoutSink({ format: 'ndjson' }, output)
    await sink.connect()
    for (let i = 0; i < 2; i++) {
      const error = await failure(sink.write(sampleEvent(), never))
      expect(error).toMatchObject({ reason: 'closed', recoverable: false })
      expect(error.message).toMatch(/reader went away/)
    }
  })

  it('defaults to format auto and knows no other option', () => {
    expect(stdout.schema.parse({})).toEqual({ format: 'auto' })
    expect(stdout.schema.safeParse({ colour: true }).success).toBe(false)
  })
})
