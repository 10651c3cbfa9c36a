import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileControl } from '../../connectors/files/control.js'
import type { DeadLetter } from '../../connectors/sink.js'
import { Control, type ControlOptions } from '../../pipelines/control.js'
import { parseControl } from '../../pipelines/control-messages.js'
import { writeTemporary } from '../connectors/files/write.js'
import { context } from '../contract/registry.js'

const said = (message: unknown): Buffer => Buffer.from(JSON.stringify(message))
const deploy = { type: 'deploy', at: '2026-03-01T10:00:00Z', version: '1.4.2' }
const rebaseline = { type: 'rebaseline', monitor: 'payments', at: '2026-03-01T10:00:00Z', for: '6h', reason: 'release 4.2' }

const silence = {
  type: 'silence',
  id: 'move-7',
  match: { stream: 'camera-*' },
  from: '2026-03-01T10:00:00Z',
  until: '2026-03-01T12:00:00Z',
  comment: 'they move',
}

describe('a control message', () => {
  it('declares a deploy', () => {
    const at = Date.UTC(2026, 2, 1, 10)
    expect(parseControl(said(deploy))).toEqual({ type: 'deploy', deploy: { at, version: '1.4.2' } })
    const whole = { note: 'new model', streams: ['north', 'south'] }
    expect(parseControl(said({ ...deploy, ...whole }))).toEqual({ type: 'deploy', deploy: { at, version: '1.4.2', ...whole } })
  })

  it('asks for a rebaseline', () => {
    const from = Date.UTC(2026, 2, 1, 10)
    const collected = { from, to: from + 6 * 3_600_000, reason: 'release 4.2' }
    expect(parseControl(said(rebaseline))).toEqual({ type: 'rebaseline', monitor: 'payments', collected })
  })

  it('makes a silence', () => {
    const [from, until] = [10, 12].map((hour) => Date.UTC(2026, 2, 1, hour))
    const wanted = { match: { stream: ['camera-*'] }, from, until, comment: 'they move' }
    expect(parseControl(said(silence))).toEqual({ type: 'silence', id: 'move-7', silence: wanted })
  })

  it.each([
    ['nothing', null, 'empty', ''],
    ['no JSON', Buffer.from('deploy 1.4.2'), 'undecodable', 'one JSON object'],
    ['no object', said([deploy]), 'undecodable', 'the whole'],
    ['an unknown type', said({ ...deploy, type: 'pause' }), 'undecodable', 'type'],
    ['no time', said({ ...deploy, at: undefined }), 'undecodable', 'at'],
    ['a time that is none', said({ ...deploy, at: 'noon' }), 'undecodable', '"noon" is no time'],
    ['no version', said({ ...deploy, version: '' }), 'undecodable', 'version'],
    ['a misspelt field, which would widen what it says', said({ ...deploy, stream: 'north' }), 'undecodable', 'stream'],
    ['no streams at all', said({ ...deploy, streams: [] }), 'undecodable', 'streams'],
    ['a rebaseline of every monitor', said({ ...rebaseline, monitor: undefined }), 'undecodable', 'monitor'],
    ['a rebaseline of a moment', said({ ...rebaseline, for: '5s' }), 'undecodable', 'between 1m and 90d'],
    ['a rebaseline without a reason', said({ ...rebaseline, reason: '' }), 'undecodable', 'reason'],
    ['what a command line cannot hold', said({ ...rebaseline, reason: 'a\0b' }), 'undecodable', 'control characters'],
    ['a silence without an end', said({ ...silence, until: undefined }), 'undecodable', 'until'],
    ['a silence that ends before it begins', said({ ...silence, until: '2026-02-01T00:00:00Z' }), 'undecodable', 'must be after from'],
    ['a silence of everything', said({ ...silence, match: {} }), 'undecodable', 'at least one of'],
    ['too much', said({ ...deploy, note: 'x'.repeat(70_000) }), 'too_large', 'at most'],
  ])('that holds %s is refused with its reason', (_, value, reason, detail) => {
    const refusal = parseControl(value)
    expect(refusal).toMatchObject({ reason })
    expect('detail' in refusal && refusal.detail).toContain(detail)
  })

  it('of any bytes gives a message or a refusal of bounded length', () => {
    const anything = fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.json().map((text) => Buffer.from(text)),
      fc
        .record({ type: fc.constantFrom('deploy', 'rebaseline'), at: fc.anything(), version: fc.anything(), for: fc.anything() })
        .map((message) => Buffer.from(fc.stringify(message))),
      fc.nat({ max: 30_000 }).map((depth) => Buffer.from('['.repeat(depth))),
    )
    fc.assert(
      fc.property(anything, (value) => {
        const result = parseControl(value)
        expect('type' in result || result.detail.length <= 200).toBe(true)
      }),
    )
  })
})

describe('control messages in a file', () => {
  const listen = async (lines: readonly string[]) => {
    const path = await writeTemporary('control.ndjson', `${lines.join('\n')}\n`)
    const refused: DeadLetter[] = []
    const told: string[] = []
    const written: DeadLetter[] = []
    const { past } = fileControl.create(fileControl.schema.parse({ path }), context)
    const options: ControlOptions = {
      past: past(false),
      news: undefined,
      deadLetters: {
        name: 'letters',
        connect: async () => undefined,
        write: async (letters) => void written.push(...letters),
        close: async () => undefined,
      },
      told: ({ type }, { place }) => void told.push(`${type} ${place.replace(path, '')}`),
      refused: (letter) => void refused.push(letter),
      buried: () => undefined,
      troubled: (error) => {
        throw error
      },
    }
    const control = new Control(options)
    await control.connect()
    await control.close()
    return { control, refused, written, told }
  }

  it('are known when it is connected, broken ones between them told and no more', async () => {
    const later = { ...deploy, version: '1.4.3' }
    const lines = [JSON.stringify(deploy), 'broken', JSON.stringify(later), JSON.stringify(rebaseline)]
    const { control, refused, written, told } = await listen(lines)
    expect(told).toEqual(['deploy /0/0', 'deploy /0/2', 'rebaseline /0/3'])
    expect(control.deploys.latest('any', 0, Number.POSITIVE_INFINITY)?.version).toBe('1.4.3')
    expect(refused.map(({ origin, reason }) => [origin.offset, reason])).toEqual([[1, 'undecodable']])
    // What was said before the start would be buried again at each start.
    expect(written).toEqual([])
  })

  it('that cannot be read keep the monitor from starting', async () => {
    const { past } = fileControl.create(fileControl.schema.parse({ path: './no-such-file.ndjson' }), context)
    await expect(past(false).connect()).rejects.toThrow('no-such-file.ndjson')
  })
})
