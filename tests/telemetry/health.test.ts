import { describe, expect, it } from 'vitest'
import { Health } from '../../telemetry/health.js'

describe('readiness', () => {
  it('is not given before anything was checked', () => {
    expect(new Health().report()).toEqual({ ready: false, checks: {} })
  })

  it('is given while every check is ready', () => {
    const health = new Health()
    const [source, scorer] = [health.check('source'), health.check('scorer')]
    source.ready()
    expect(health.report().ready).toBe(false)
    scorer.ready()
    expect(health.report().ready).toBe(true)
    source.unready('no broker')
    expect(health.report().ready).toBe(false)
    source.remove()
    expect(health.report().ready).toBe(true)
  })

  it('says since when, across changes of the detail alone', () => {
    let now = 0
    const health = new Health(() => now)
    const check = health.check('source', 'connecting')
    now = 5000
    check.unready('still connecting')
    expect(health.report().checks.source).toEqual({ ready: false, since: '1970-01-01T00:00:00.000Z', detail: 'still connecting' })
    check.ready('3 partitions')
    now = 9000
    check.ready('2 partitions')
    expect(health.report().checks.source).toEqual({ ready: true, since: '1970-01-01T00:00:05.000Z', detail: '2 partitions' })
  })

  it('refuses a name twice', () => {
    const health = new Health()
    health.check('source')
    expect(() => health.check('source')).toThrow('"source" exists already')
  })
})
