import { describe, expect, it } from 'vitest'
import type { AlertEvent } from '../../alerts/event.js'
import { alertDifferences } from '../../cli/replay-difference.js'
import { sampleEvent } from '../contract/sink-contract.js'

/** An alert of a stream, opened by the record at an offset. */
const opened = (stream: string, offset: number, alertId: string, more: object = {}): AlertEvent =>
  sampleEvent(alertId, { stream, alertId, transition: 'opened', origin: { topic: 'in', partition: 0, offset }, ...more })

describe('the alerts that differ between two configurations', () => {
  const before = [opened('north', 10, 'a'), opened('south', 20, 'b')]

  it('are none where only the ids differ', () => {
    const { count, report } = alertDifferences(before, [opened('north', 10, 'c'), opened('south', 20, 'd')])
    expect(count).toBe(0)
    expect(report).toBe('2 alerts before, 2 after: 2 the same, 0 differ')
  })

  it('are marked as gone, new and changed', () => {
    const after = [opened('north', 10, 'c', { peakSeverity: 'critical' }), opened('west', 30, 'd')]
    const { count, report } = alertDifferences(before, after)
    expect(count).toBe(3)
    const marks = report.split('\n').map((line) => `${line[0]} ${line.split(/\s+/).at(-1)}`)
    expect(marks).toEqual(['~ north', '  north', '- south', '+ west', '2 differ'])
  })
})
