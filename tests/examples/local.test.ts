import { beforeAll, describe, expect, it } from 'vitest'
import { lines } from '../kit/events.js'
import { useProcesses } from '../kit/process.js'
import { signingSecret } from '../kit/stage.js'
import { WebhookReceiver } from '../kit/webhook-receiver.js'
import { example, makeData, onFreePort, opened, succeed } from './example.js'

/** Faults of make-data.mjs: a burst of slow payments, a queue that grows. */
const faults = ['south record', 'west drift']

describe('the examples without Kafka, as their comments say', () => {
  const place = useProcesses()
  const here = () => ({ cwd: place.folder })
  beforeAll(() => makeData(place.folder))

  it('file.yaml: fits, and raises the alerts of the faults on standard output', async () => {
    const config = await place.config('file', onFreePort(example('file')))
    expect(await succeed(['fit', '--config', config, 'data/normal.csv'], here())).toContain('OK  budget 1/day')
    const events = lines(await succeed(['run', config], here()))
    expect(opened(events)).toEqual(expect.arrayContaining(faults))
    expect(lines(await succeed(['replay', config], here())).toSorted()).toEqual(events.toSorted())
  })

  it('own-past.yaml: raises the alert of the burst, without a fit', async () => {
    const config = await place.config('own-past', onFreePort(example('own-past')))
    const events = lines(await succeed(['run', config], here()))
    expect(opened(events)).toContain('south record')
    expect(lines(await succeed(['replay', config], here()))).toEqual(events)
  })

  it('webhook.yaml: every event arrives signed with the old key and the new one, and on standard output', async () => {
    const old = await WebhookReceiver.start(`whsec_${Buffer.alloc(32, 'old').toString('base64')}`)
    const env = {
      WEBHOOK_SECRET: signingSecret,
      WEBHOOK_SECRET_OLD: `whsec_${Buffer.alloc(32, 'old').toString('base64')}`,
      WEBHOOK_TOKEN: 'token',
    }
    const config = await place.config('webhook', onFreePort(example('webhook', { 'https://alerts.example.org/driftwatch': old.url })))
    await succeed(['fit', '--config', config, 'data/normal.csv'], { ...here(), env })
    const events = lines(await succeed(['run', config], { ...here(), env }))
    await old.close()
    expect(opened(events)).toEqual(expect.arrayContaining(faults))
    expect(old.refused).toEqual([])
    expect(old.accepted.map(({ body }) => body).toSorted()).toEqual(events.toSorted())
    expect(old.accepted[0].headers.authorization).toBe('Bearer token')
    expect(old.accepted[0].headers['webhook-signature'].split(' ')).toHaveLength(2)
  })

  it('generator.yaml: fits on its first days, and raises the alerts of its faults', async () => {
    const config = await place.config('generator', onFreePort(example('generator')))
    expect(await succeed(['fit', '--config', config], { ...here(), env: { ROWS: '57600' } })).toContain('57,600 of 4 streams')
    const events = lines(await succeed(['run', config], here()))
    expect(opened(events)).toEqual(expect.arrayContaining(['checkout-eu record', 'search record', 'payments drift']))
  })
})
