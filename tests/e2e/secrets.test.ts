import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configJsonSchema } from '../../config/json-schema.js'
import { found, secretPlaces, writingsOf } from '../kit/canaries.js'
import { sharedReference } from '../kit/desk.js'
import { HttpReceiver } from '../kit/http-receiver.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, driftwatch, useProcesses } from '../kit/process.js'
import { scenario, troubles } from '../kit/scenario.js'
import { Stage } from '../kit/stage.js'
import { WebhookReceiver } from '../kit/webhook-receiver.js'

const { skip, brokers = [], secure } = await kafkaOrSkip()
const reason = skip ?? (secure === undefined ? 'the listeners of KAFKA_BROKERS are not known' : undefined)

const signingKey = (seed: string) => Buffer.from(`canary-of-the-${seed}-0123456789`).toString('base64')
/** The test broker accepts tokens that nobody signed. */
function bearerToken(canary: string): string {
  const part = (object: object) => Buffer.from(JSON.stringify(object)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  return `${part({ alg: 'none' })}.${part({ sub: 'alice', iat: now, exp: now + 3600, note: canary })}.`
}

/** A canary for each place where the schema of the configuration takes a secret, by the end of its path. */
const atPlaces = {
  'kafka.sasl.password': secure?.password ?? '',
  'kafka.sasl.token': bearerToken('canary-of-the-token'),
  'alertmanager.headers{}': 'canary-of-the-alertmanager',
  'slack.url': 'canary-of-the-slack-webhook',
  'pagerduty.routingKey': 'canary0of0the0routing0key0123456',
  'template.url': 'canary-of-the-template',
  'template.headers{}': 'canary-of-the-template-header',
  'template.resolved.url': 'canary-of-the-other-template',
  'webhook.secret': signingKey('key'),
  'webhook.secrets[]': signingKey('next-key'),
  'webhook.headers{}': 'canary "of the\\header" value',
  'page.token': 'canary-of-the-page-token',
  'admin.token': 'canary-of-the-admin-token',
  'paging.heartbeat[].url': 'canary-of-the-heartbeat',
}
/** Where a secret can stand that the schema cannot know of. */
const elsewhere = {
  'token file': bearerToken('canary-of-the-token-file'),
  'header from a file': 'canary-of-a-header-in-a-file',
  'path of a URL': 'canary-of-the-path',
  'query of a URL': 'canary/of the query',
  'default of a substitution': 'canary-of-a-default',
  'wrong password': 'canary-of-a-wrong-password',
  'private key': 'canary-in-a-private-key',
}
const canaries = { ...atPlaces, ...elsewhere }

const env = {
  KAFKA_PASSWORD: canaries['kafka.sasl.password'],
  KAFKA_TOKEN: canaries['kafka.sasl.token'],
  ALERTMANAGER_TOKEN: canaries['alertmanager.headers{}'],
  SLACK_PATH: canaries['slack.url'],
  PAGERDUTY_KEY: canaries['pagerduty.routingKey'],
  TEMPLATE_PATH: canaries['template.url'],
  TEMPLATE_TOKEN: canaries['template.headers{}'],
  OTHER_PATH: canaries['template.resolved.url'],
  HOOK_SECRET: `whsec_${canaries['webhook.secret']}`,
  NEXT_SECRET: canaries['webhook.secrets[]'],
  HOOK_TOKEN: canaries['webhook.headers{}'],
  PAGE_TOKEN: canaries['page.token'],
  ADMIN_TOKEN: canaries['admin.token'],
  HEARTBEAT_KEY: canaries['paging.heartbeat[].url'],
  HOOK_PATH: elsewhere['path of a URL'],
  HOOK_QUERY: encodeURIComponent(elsewhere['query of a URL']),
}
const from = (name: keyof typeof env) => `$\{env:${name}}`

describe('a secret option', () => {
  it('has a canary here, wherever the configuration takes one', () => {
    const ends = secretPlaces(configJsonSchema()).map((path) =>
      path.replace(/^monitors\[\]\.(source|sinks\[\]|deadLetters|state|control)\./, ''),
    )
    expect([...new Set(ends)].sort()).toEqual(Object.keys(atPlaces).sort())
  })
})

describe.skipIf(reason)(`secrets${reason ? ` (${reason})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  let receiver: WebhookReceiver
  let people: HttpReceiver
  /** Everything that came out, by where. */
  const outputs = new Map<string, string>()

  beforeAll(async () => {
    receiver = await WebhookReceiver.start(env.HOOK_SECRET)
    people = await HttpReceiver.start()
    const stage = await Stage.set({ client, brokers, reference: await sharedReference(place.folder) })
    const control = await client.topic('control')
    await client.produce(control, [{ value: 'broken' }])
    await stage.produce(scenario({ seed: 91, streams: 6, each: 200, faults: troubles(200) }))
    await stage.send([{ partition: 0, value: '{"tenant":"tenant-0"' }])
    const { brokers: secureBrokers = [], ca, username } = secure ?? {}
    const file = async (name: string, text: string) => {
      await writeFile(join(place.folder, name), `${text}\n`)
      return join(place.folder, name)
    }
    const tokenFile = await file('token', elsewhere['token file'])
    const header = await file('header', elsewhere['header from a file'])
    const key = await file('key.pem', `-----BEGIN PRIVATE KEY-----\n${elsewhere['private key']}\n-----END PRIVATE KEY-----`)
    const tls = { ca }
    const login = (sasl: object, more = {}) => ({ brokers: secureBrokers, tls: { ...tls, ...more }, sasl })
    const password = (mechanism: string) => login({ mechanism, username, password: from('KAFKA_PASSWORD') })
    const state = `${stage.input}-state`
    const hook = (name: string, keys: object, giveUpAfter?: string) => ({
      name,
      webhook: {
        url: `${receiver.url}/${from('HOOK_PATH')}?key=${from('HOOK_QUERY')}`,
        ...keys,
        headers: { authorization: `Bearer ${from('HOOK_TOKEN')}`, 'x-file': `$\{file:${header}}` },
      },
      retry: { initialDelay: '20ms', maxDelay: '50ms', ...(giveUpAfter !== undefined && { giveUpAfter }) },
    })
    const soon = { retry: { initialDelay: '20ms', maxDelay: '50ms' } }
    const page = { ...soon, grouping: { wait: '0s' } }
    const pagers = [
      { alertmanager: { urls: [new URL(people.url).origin], headers: { authorization: `Bearer ${from('ALERTMANAGER_TOKEN')}` } }, ...soon },
      { slack: { url: `${people.url}/${from('SLACK_PATH')}` }, ...page },
      { pagerduty: { url: `${people.url}/pagerduty`, routingKey: from('PAGERDUTY_KEY') }, ...page },
      {
        template: {
          url: `${people.url}/${from('TEMPLATE_PATH')}`,
          headers: { authorization: `Bearer ${from('TEMPLATE_TOKEN')}` },
          body: '{ "text": "{{ text }}" }',
          resolved: { url: `${people.url}/${from('OTHER_PATH')}` },
        },
        ...page,
      },
    ]
    const source = { topics: [stage.input], group: stage.group, start: 'earliest' }
    const usual = {
      source: { kafka: { ...password('plain'), ...source } },
      sinks: [
        { kafka: { ...login({ mechanism: 'oauthbearer', token: from('KAFKA_TOKEN') }), topic: stage.alerts } },
        hook('current', { secret: from('HOOK_SECRET') }),
        hook('rotating', { secrets: [from('NEXT_SECRET'), from('HOOK_SECRET')] }),
        ...pagers,
      ],
      deadLetters: { kafka: { ...password('scram-sha-512'), topic: stage.letters } },
      state: { kafka: { ...login({ mechanism: 'oauthbearer', tokenFile }), topic: state, partitions: 2 } },
      control: { kafka: { ...password('plain'), topic: control } },
    }
    // Nobody listens there: that is logged.
    const paging = {
      heartbeat: [{ url: `http://127.0.0.1:1/${from('HEARTBEAT_KEY')}`, every: '1s' }],
      silencesFile: join(place.folder, 'silences.json'),
    }
    const admin = { token: from('ADMIN_TOKEN') }
    const write = (name: string, changes: object = {}) =>
      place.config(
        name,
        stage.config({ ...usual, ...changes }, { log: { level: 'trace' }, admin, paging, page: { token: from('PAGE_TOKEN') } }),
      )
    const config = await write('secrets')

    // A receiver that says back what it was told, as it came and in other writings.
    const told = (headers: Record<string, string>) => [`Bearer ${env.HOOK_TOKEN}`, headers['x-file'], env.HOOK_PATH, env.HOOK_QUERY]
    let requests = 0
    receiver.beforeAnswer = async ({ headers, body }) => {
      const echo = JSON.stringify({ told: told(headers), body })
      const said = [echo, Buffer.from(echo).toString('base64'), encodeURIComponent(echo)][requests % 3]
      const status = [500, 400, 429][requests++]
      if (status !== undefined) receiver.answers.push({ status, body: said })
    }
    // Whom people hear from refuses the first request for good, and the next one for now.
    const refusals = new Map<string, number>()
    people.beforeAnswer = async ({ path, headers, body }) => {
      const before = refusals.get(path) ?? 0
      refusals.set(path, before + 1)
      const echo = JSON.stringify({ path, headers, body })
      if (before < 2) people.answers.push({ status: before === 0 ? 400 : 500, body: before === 0 ? echo : writingsOf(echo).join(' ') })
    }
    const process = new Driftwatch(['run', config], { env })
    await stage.caughtUp(process)
    const metrics = await process.until((samples) => samples.sum('in_flight_records') === 0)
    const ready = await process.get('/readyz')
    const livePage = await process.get('/page/history?monitor=watch&stream=tenant-0')
    const silences = await process.get('/admin/silences')
    await process.logged('a heartbeat was not sent')
    const run = await process.stop()
    expect(run.code).toBe(0)
    const command = async (args: readonly string[], options = env, code?: number) => {
      const ended = await driftwatch(args, { env: { ...options, DRIFTWATCH_DEBUG: '1' } })
      if (code !== undefined) expect(ended.code, ended.stderr).toBe(code)
      return ended.stdout + ended.stderr
    }
    const alerts = await stage.delivered()
    outputs
      .set('standard output', run.stdout)
      .set('log', run.stderr)
      .set('metrics', metrics.text)
      .set('readiness', ready.body)
      .set('live page', livePage.body)
      .set('refused request', silences.body)
      .set('alerts', alerts.map(({ bytes }) => bytes).join('\n'))
      .set('dead letters', (await stage.buried()).map(({ detail, key, value }) => `${detail} ${key} ${value}`).join('\n'))
      .set('state', (await client.readAll(state)).map(({ key, value }) => `${key} ${value?.toString('latin1')}`).join('\n'))
      .set('check', await command(['check', config], env, 0))
      .set('doctor', await command(['doctor', config, '--sample', '10'], env, 0))
      .set('replay', await command(['replay', config], env, 0))
      .set('fit', await command(['fit', '--config', config, '-o', join(place.folder, 'again')]))
      .set('schema', await command(['schema'], env, 0))
      .set('explain', await command(['explain', '--config', config, '--at', `${stage.input}/0/5`], env, 0))
      .set('refused login', await command(['run', config], { ...env, KAFKA_PASSWORD: elsewhere['wrong password'] }, 5))
      .set('doctor of a refused login', await command(['doctor', config], { ...env, KAFKA_PASSWORD: elsewhere['wrong password'] }, 4))

    const badKey = await write('bad-key', { source: { kafka: { ...password('plain'), ...source, tls: { ca, cert: key, key } } } })
    outputs
      .set('unusable private key', await command(['run', badKey]))
      .set('doctor of a private key', await command(['doctor', badKey], env, 4))
    receiver.beforeAnswer = async ({ headers }) => {
      receiver.answers.push({ status: 503, body: told(headers).flatMap(writingsOf).join(' ') })
    }
    const givingUp = await write('giving-up', {
      source: { kafka: { ...password('plain'), ...source, group: `${stage.group}-2` } },
      state: { memory: {} },
      sinks: [hook('current', { secret: from('HOOK_SECRET') }, '200ms')],
    })
    outputs.set('last words of a process whose sink is gone', await command(['run', givingUp], env, 7))

    // What is wrong with the configuration is said without what stands in it.
    const wrong: Readonly<Record<string, object>> = {
      short: { sinks: [{ webhook: { url: `https://u:${elsewhere['path of a URL']}@x`, secret: 'canary' } }] },
      url: { sinks: [{ webhook: { url: `htp://x/${elsewhere['path of a URL']}?k=${env.HOOK_QUERY}`, secret: [env.NEXT_SECRET] } }] },
      header: {
        sinks: [
          { webhook: { url: `https://x/${from('HOOK_PATH')}`, secrets: from('NEXT_SECRET'), headers: { host: from('HOOK_TOKEN') } } },
        ],
      },
      default: { sinks: [{ stdout: { format: `$\{env:UNSET:-${elsewhere['default of a substitution']}}` } }] },
      brokers: { source: { kafka: { ...source, brokers: [`alice:${elsewhere['wrong password']}@localhost:9092`] } } },
      token: { source: { kafka: { ...source, brokers, sasl: { mechanism: 'oauthbearer', token: [env.KAFKA_TOKEN], tokenFile } } } },
      password: {
        source: { kafka: { ...source, brokers, sasl: { mechanism: from('KAFKA_PASSWORD'), pasword: env.KAFKA_PASSWORD } } },
      },
    }
    const monitors = Object.entries(wrong).map(([name, changes]) => stage.monitor({ ...usual, name, ...changes }))
    const problems = await command(['check', await place.config('wrong', { monitors })], env, 2)
    for (const i of monitors.keys()) expect(problems).toContain(`monitors[${i}].`)
    outputs.set('problems of a configuration', problems)
  }, 300_000)
  afterAll(async () => {
    await receiver.close()
    await people.close()
    await client.close()
  })

  it('are used', () => {
    expect(receiver.accepted.length).toBeGreaterThan(10)
    expect(receiver.refused).toEqual([])
    expect(receiver.verified[0].headers).toMatchObject({
      authorization: `Bearer ${env.HOOK_TOKEN}`,
      'x-file': elsewhere['header from a file'],
    })
    const seen = JSON.stringify(people.verified)
    const paging = Object.keys(atPlaces).filter((place) => /alertmanager|slack|pagerduty|template/.test(place))
    expect(paging.filter((place) => !seen.includes(atPlaces[place as keyof typeof atPlaces]))).toEqual([])
    for (const sink of ['alertmanager', 'slack', 'pagerduty', 'template'])
      expect(outputs.get('log')).toMatch(new RegExp(`sink ${sink}: http://127.0.0.1:\\d+ answered 400`))
    expect(outputs.get('log')).toMatch(/answered 500/)
    expect(outputs.get('dead letters')).toMatch(/answered 400/)
    expect(outputs.get('dead letters')).toMatch(/tenant-0/)
    expect(outputs.get('state')).toMatch(/tenant-0/)
    expect(outputs.get('doctor')).toMatch(/0 FAILED/)
    expect(outputs.get('explain')).toMatch(/latency/)
    expect(outputs.get('refused login')).toMatch(/refused the login/)
    expect(outputs.get('unusable private key')).toMatch(/error: /)
    expect(outputs.get('last words of a process whose sink is gone')).toMatch(/answered 503.*given up/)
    expect(outputs.get('problems of a configuration')).toMatch(/is not a Standard Webhooks secret/)
    expect(outputs.get('problems of a configuration')).toMatch(/holds a user or password/)
  })

  it.each([
    'standard output',
    'log',
    'metrics',
    'readiness',
    'alerts',
    'dead letters',
    'state',
    'check',
    'doctor',
    'replay',
    'fit',
    'schema',
    'explain',
    'refused login',
    'doctor of a refused login',
    'unusable private key',
    'doctor of a private key',
    'last words of a process whose sink is gone',
    'problems of a configuration',
  ])('do not show in any writing in: %s', (where) => {
    const text = outputs.get(where)
    expect(text).toBeDefined()
    expect(found(canaries, text ?? '')).toEqual([])
  })
})
