import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, driftwatch, useProcesses } from '../kit/process.js'
import { fitNormal } from '../kit/reference.js'
import { scenario, troubles } from '../kit/scenario.js'
import { Stage } from '../kit/stage.js'
import { WebhookReceiver } from '../kit/webhook-receiver.js'

const { skip, brokers = [], secure } = await kafkaOrSkip()
const reason = skip ?? (secure === undefined ? 'the listeners of KAFKA_BROKERS are not known' : undefined)

const key = Buffer.from('canary-of-the-webhook-key-0123456789').toString('base64')
const token = 'canary-of-the-token'
const wrong = 'canary-of-a-wrong-password'
const env = { HOOK_SECRET: `whsec_${key}`, HOOK_TOKEN: token, KAFKA_PASSWORD: secure?.password ?? '' }
const canaries = [key, token, wrong, env.KAFKA_PASSWORD]
const from = (name: string) => `$\{env:${name}}`

describe.skipIf(reason)(`secrets${reason ? ` (${reason})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  let receiver: WebhookReceiver
  /** Everything that came out, by where. */
  const outputs = new Map<string, string>()

  beforeAll(async () => {
    receiver = await WebhookReceiver.start(env.HOOK_SECRET)
    const stage = await Stage.set({ client, brokers, reference: await fitNormal(place.folder) })
    await stage.produce(scenario({ seed: 91, streams: 6, each: 200, faults: troubles(200) }))
    const { brokers: secureBrokers = [], ca, username } = secure ?? {}
    const login = { brokers: secureBrokers, tls: { ca }, sasl: { mechanism: 'plain', username, password: from('KAFKA_PASSWORD') } }
    const state = `${stage.input}-state`
    const write = (name: string) =>
      place.config(
        name,
        stage.config(
          {
            source: { kafka: { ...login, topics: [stage.input], group: stage.group, start: 'earliest' } },
            sinks: [
              { kafka: { ...login, topic: stage.alerts } },
              {
                webhook: {
                  url: `${receiver.url}?key=${from('HOOK_TOKEN')}`,
                  secret: from('HOOK_SECRET'),
                  headers: { authorization: `Bearer ${from('HOOK_TOKEN')}` },
                },
                retry: { initialDelay: '20ms', maxDelay: '50ms' },
              },
            ],
            deadLetters: { kafka: { ...login, topic: stage.letters } },
            state: { kafka: { ...login, topic: state, partitions: 2 } },
          },
          { log: { level: 'trace' } },
        ),
      )
    const config = await write('secrets')

    // A receiver that says back what it was told, in its errors.
    let requests = 0
    receiver.beforeAnswer = async ({ headers, body }) => {
      const status = [500, 400, 429][requests++]
      if (status !== undefined) receiver.answers.push({ status, body: JSON.stringify({ headers, body }) })
    }
    const process = new Driftwatch(['run', config], { env })
    await stage.caughtUp(process)
    const metrics = await process.until((samples) => samples.sum('in_flight_records') === 0)
    const run = await process.stop()
    expect(run.code).toBe(0)
    const command = async (...args: string[]) => {
      const { stdout, stderr } = await driftwatch(args, { env })
      return stdout + stderr
    }
    outputs
      .set('standard output', run.stdout)
      .set('log', run.stderr)
      .set('metrics', metrics.text)
      .set('alerts', (await stage.delivered()).map(({ bytes }) => bytes).join('\n'))
      .set('dead letters', (await stage.buried()).map(({ detail, key, value }) => `${detail} ${key} ${value}`).join('\n'))
      .set('state', (await client.readAll(state)).map(({ key, value }) => `${key} ${value?.toString('latin1')}`).join('\n'))
      .set('check', await command('check', config))
      .set('doctor', await command('doctor', config))
      .set('replay', await command('replay', config))
    const refused = await driftwatch(['run', config], { env: { ...env, KAFKA_PASSWORD: wrong } })
    expect(refused.code).toBe(5)
    outputs.set('refused login', refused.stderr)
    const short = await driftwatch(['check', config], { env: { ...env, HOOK_SECRET: 'canary' } })
    outputs.set('invalid secret', short.stdout + short.stderr)
  })
  afterAll(async () => {
    await receiver.close()
    await client.close()
  })

  it('are used', () => {
    expect(receiver.accepted.length).toBeGreaterThan(10)
    expect(receiver.refused).toEqual([])
    expect(receiver.verified[0].headers.authorization).toBe(`Bearer ${token}`)
    expect(outputs.get('log')).toMatch(/answered 500/)
    expect(outputs.get('dead letters')).toMatch(/answered 400/)
    expect(outputs.get('state')).toMatch(/tenant-0/)
    expect(outputs.get('doctor')).toMatch(/0 FAILED/)
    expect(outputs.get('refused login')).toMatch(/refused the login/)
    expect(outputs.get('invalid secret')).toMatch(/is not a Standard Webhooks secret/)
  })

  it.each([
    'standard output',
    'log',
    'metrics',
    'alerts',
    'dead letters',
    'state',
    'check',
    'doctor',
    'replay',
    'refused login',
    'invalid secret',
  ])('do not show in: %s', (where) => {
    const text = outputs.get(where)
    expect(text).toBeDefined()
    for (const canary of canaries) expect(text?.includes(canary), canary).toBe(false)
    if (where === 'invalid secret') expect(text).not.toMatch(/canary/)
  })
})
