import { describe, expect, it } from 'vitest'
import { servedLine, servedLines, servedTable } from '../../cli/stream-report.js'
import type { StreamService } from '../../pipelines/stream-service.js'

const estimate = (value: number) => ({ value, error: 0.01 })
const service = (stream: string, changes: Partial<StreamService> = {}): StreamService => ({
  stream,
  rows: 4000,
  rowsNeeded: 8000,
  better: 'pooled',
  reasons: [],
  figures: {
    shift: { column: 0, ...estimate(0.1) },
    spread: { column: 1, ...estimate(0.45) },
    excess: estimate(0.2),
    alerts: 1,
    share: 5.2,
    likely: [0.1, 4.7],
  },
  ...changes,
})
const narrow = { better: 'later', reasons: [{ kind: 'spread', weight: 2.2, value: 0.45, feature: 'flow' }] } as const

describe('the report on streams', () => {
  it('takes one line where the pooled reference serves all', () => {
    const alike = [service('a'), service('b')]
    expect(servedLine(alike, 2)).toBe('one reference serves all 2')
    expect(servedLine(alike, 5)).toBe('one reference serves 2, 3 with too few rows to tell')
    expect(servedTable(alike)).toBeUndefined()
  })

  it('names those that would do better, with figures, why, and the rows that are missing', () => {
    const found = [service('quiet', narrow), service('a')]
    expect(servedLine(found, 2)).toBe('one reference serves 1 of 2, 1 would do better with their own')
    expect(servedTable(found)?.split('\n').slice(1)).toEqual([
      '  stream  rows   mean off  own 1σ is  rarest 5 %  alerts    because',
      '  quiet   4,000  0.1σ      0.45σ      1 %         1 of 5.2  narrow in flow: the pool hides its shifts; has 4,000 of the 8,000 rows that it takes',
    ])
  })

  it('stays on a screen, however many there are, and shows no control characters', () => {
    const many = Array.from({ length: 500 }, (_, i) => service(`s${i}\u001b[2J`, narrow))
    const text = servedTable(many) ?? ''
    expect(text.split('\n')).toHaveLength(13)
    expect(text).toContain('and 490 more, 0 with the rows for it and 490 without')
    expect(text).not.toContain('\u001b')
  })

  it('says all of every stream as lines of JSON', () => {
    const lines = servedLines([service('quiet', narrow), service('few', { better: 'untold', figures: undefined })], ['temp', 'flow'])
    expect(
      lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([
      { stream: 'quiet', better: 'later', spread: { feature: 'flow', value: 0.45 }, alerts: { opened: 1, share: 5.2 } },
      { stream: 'few', better: 'untold' },
    ])
  })
})
