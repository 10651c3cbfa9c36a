import { describe, expect, it } from 'vitest'
import { Secret } from '../../connectors/options.js'
import { createLogger, type LoggerOptions } from '../../telemetry/logger.js'

const logged = (options: Partial<LoggerOptions>, write: (logger: ReturnType<typeof createLogger>) => void): string[] => {
  const lines: string[] = []
  const destination = { write: (line: string) => lines.push(line) }
  write(createLogger({ level: 'info', format: 'json', colour: false, ...options, destination }))
  return lines
}

describe('the logger', () => {
  it('writes one JSON object per line, from its level on', () => {
    const lines = logged({}, (logger) => {
      logger.debug('hidden')
      logger.info({ topic: 'features', partition: 2 }, 'assigned')
    })
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/\n$/)
    const { time, ...entry } = JSON.parse(lines[0])
    expect(entry).toEqual({ level: 'info', topic: 'features', partition: 2, msg: 'assigned' })
    expect(new Date(time).toISOString()).toBe(time)
  })

  it('keeps the fields of a child', () => {
    const [line] = logged({}, (logger) => logger.child({ monitor: 'payments' }).warn('x'))
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', monitor: 'payments' })
  })

  it('is short and readable for people', () => {
    const [line] = logged({ format: 'text' }, (logger) =>
      logger.error({ err: new Error('no broker'), monitor: 'payments', partitions: [1, 2] }, 'cannot connect'),
    )
    expect(line).toMatch(/^\d\d:\d\d:\d\d ERROR cannot connect {2}no broker {2}monitor=payments {2}partitions=\[1,2\]\n$/)
  })

  it('says an error once when it is the message itself', () => {
    const [line] = logged({ format: 'text' }, (logger) => logger.error(new Error('no broker')))
    expect(line).toMatch(/ERROR no broker\n$/)
  })

  it('colours the level when asked', () => {
    const [line] = logged({ format: 'text', colour: true }, (logger) => logger.warn('x'))
    expect(line).toContain('\u001b[33mWARN \u001b[0m')
  })

  it('never lets a value break a line or reach the terminal as a command', () => {
    const lines = logged({ format: 'text' }, (logger) => logger.info({ stream: 'a\n\u001b[2Jb', '\u009bkey': 1 }, 'x\ny'))
    expect(lines[0].slice(0, -1)).not.toMatch(/\p{Cc}/u)
  })

  it.each(['json', 'text'] as const)('never shows a secret as %s, wherever it slipped in', (format) => {
    const canary = 'cana"ry\\5e1f'
    const secret = new Secret(canary)
    const lines = logged({ format, secrets: [secret] }, (logger) => {
      logger.info({ secret, nested: { secret }, list: [canary] }, `message ${canary}`)
      logger.info('%s %o %j', secret, secret, canary)
      logger.error({ err: new Error(`refused ${canary}`, { cause: new Error(canary) }) }, 'failed')
      logger.child({ canary }).info('child')
    })
    expect(lines).toHaveLength(4)
    for (const line of lines) {
      expect(line).not.toContain('5e1f')
      expect(line).toContain('[secret]')
    }
  })

  it('hides Secret objects without having been told of them', () => {
    const [line] = logged({}, (logger) => logger.info({ options: { secret: new Secret('canary') } }, `${new Secret('canary')}`))
    expect(line).not.toContain('canary')
  })

  it.each(['json', 'text'] as const)('survives as %s a secret that stands in numbers and names of fields too', (format) => {
    const secrets = ['1234', 'level', 'time', 'message'].map((value) => new Secret(value))
    const [line] = logged({ format, secrets }, (logger) => logger.info({ offset: 51_234, password: '1234' }, 'message'))
    expect(line).toContain('51234')
    expect(line).toMatch(
      format === 'json' ? /"password":"\[secret\]","msg":"\[secret\]"/ : /INFO {2}\[secret\] {2}offset=51234 {2}password=\[secret\]/,
    )
  })

  it('hides all of a secret that holds another one', () => {
    const [line] = logged({ secrets: [new Secret('canary'), new Secret('canary-and-more')] }, (logger) => logger.info('canary-and-more'))
    expect(line).not.toContain('more')
  })

  it('does not black out words because of a very short secret', () => {
    const [line] = logged({ secrets: [new Secret('a')] }, (logger) => logger.info('a day at last'))
    expect(line).toContain('a day at last')
  })
})
