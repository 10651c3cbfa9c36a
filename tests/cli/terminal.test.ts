import { describe, expect, it } from 'vitest'
import { progress, table } from '../../cli/terminal.js'

function screen(isTTY: boolean) {
  const texts: string[] = []
  return { texts, out: { isTTY, columns: 60, write: (text: string | Uint8Array) => texts.push(String(text)) > 0 } }
}

describe('table', () => {
  it('aligns columns, numbers to the right, and ignores colour codes', () => {
    const rows = [
      ['name', 'n'],
      ['\u001b[32mok\u001b[0m', 5],
      ['longer', 12345],
    ]
    expect(table(rows)).toBe('name         n\n\u001b[32mok\u001b[0m           5\nlonger  12,345')
  })

  it('takes short rows, and none', () => {
    expect(table([['a'], ['b', 'c']])).toBe('a\nb  c')
    expect(table([])).toBe('')
  })
})

describe('progress', () => {
  it('redraws one line on a terminal, not more often than can be seen', () => {
    const { texts, out } = screen(true)
    let now = 0
    const bar = progress('fit', 1000, out, () => now)
    for (let done = 0; done <= 1000; done += 10, now += 10) bar.update(done)
    bar.end()
    expect(texts).toHaveLength(12)
    expect(texts[5]).toBe('\r\u001b[2Kfit  ████████████░░░░░░░░░░░░  50 %  500 of 1,000')
    expect(texts.at(-2)).toContain('100 %')
    expect(texts.at(-1)).toBe('\n')
  })

  it('prints a line per tenth elsewhere', () => {
    const { texts, out } = screen(false)
    const bar = progress('fit', 1000, out, () => 0)
    for (let done = 0; done <= 1000; done += 10) bar.update(done)
    bar.end()
    expect(texts).toHaveLength(11)
    expect(texts[3]).toBe('fit   30 %  300 of 1,000\n')
  })

  it('prints a line every five seconds when the total is unknown', () => {
    const { texts, out } = screen(false)
    let now = 0
    const bar = progress('produce', undefined, out, () => now)
    for (; now <= 20_000; now += 100) bar.update(now, '10/s')
    expect(texts).toEqual([
      'produce  0  10/s\n',
      'produce  5,000  10/s\n',
      'produce  10,000  10/s\n',
      'produce  15,000  10/s\n',
      'produce  20,000  10/s\n',
    ])
  })

  it('never writes past the edge of a terminal', () => {
    const { texts, out } = screen(true)
    progress('a very long label that says what is being done here', 10, out).update(5)
    expect(texts[0].length).toBeLessThanOrEqual('\r\u001b[2K'.length + 59)
  })
})
