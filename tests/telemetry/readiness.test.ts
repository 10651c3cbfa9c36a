import { expect, it } from 'vitest'
import { Health } from '../../telemetry/health.js'
import { Readiness } from '../../telemetry/readiness.js'

it('a monitor is ready when it is connected and no part of it is in trouble', () => {
  const health = new Health()
  const readiness = new Readiness(health.check('watch'))
  const now = () => health.report().checks.watch
  readiness.trouble('source', 'not joined')
  expect(now()).toMatchObject({ ready: false, detail: 'starting' })
  readiness.connected()
  expect(now()).toMatchObject({ ready: false, detail: 'source: not joined' })
  readiness.trouble('webhook', 'refuses')
  expect(now()).toMatchObject({ ready: false, detail: 'source: not joined; webhook: refuses' })
  readiness.trouble('source', undefined)
  expect(now()).toMatchObject({ ready: false, detail: 'webhook: refuses' })
  readiness.trouble('webhook', undefined)
  expect(now()).toMatchObject({ ready: true, detail: 'watching' })
  readiness.down('the log ends at 3')
  readiness.trouble('source', 'closed')
  expect(now()).toMatchObject({ ready: false, detail: 'the log ends at 3' })
  readiness.connected()
  expect(now()).toMatchObject({ ready: false, detail: 'source: closed' })
  readiness.down('begins anew')
  readiness.connected()
  expect(now()).toMatchObject({ ready: true, detail: 'watching' })
  readiness.ended()
  expect(now()).toBe(undefined)
})
