import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { exitCodes } from '../../cli/exit.js'
import { command } from '../../cli/silence.js'
import { Secret } from '../../connectors/options.js'
import { silencesRoute } from '../../connectors/paging/admin.js'
import { Silences } from '../../connectors/paging/silences.js'
import { Health } from '../../telemetry/health.js'
import { startTelemetryServer, type TelemetryServer } from '../../telemetry/server.js'
import { runCommand } from './run-command.js'

const token = 'a-token-of-some-length'
let folder: string
let config: string
let server: TelemetryServer
let silences: Silences
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'silence-'))
  silences = new Silences([], join(folder, 'silences.json'))
  const routes = [silencesRoute({ silences, token: new Secret(token), changed: () => undefined })]
  const logger = pino({ level: 'silent' })
  server = await startTelemetryServer({ host: '127.0.0.1', port: 0, registry: new Registry(), health: new Health(), logger, routes })
  config = await written('driftwatch.yaml', { admin: { token }, metrics: { port: server.port } })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true })
})

async function written(name: string, whole: object): Promise<string> {
  const monitor = {
    name: 'watch',
    source: { generator: {} },
    decode: { json: { vector: 'row' } },
    reference: { path: 'x' },
    alerting: { falseAlarmsPerDay: 1 },
    sinks: [{ stdout: {} }],
  }
  const path = join(folder, name)
  await writeFile(path, JSON.stringify({ ...whole, monitors: [monitor] }))
  return path
}

it('makes, lists and ends silences of a running process', async () => {
  const made = await runCommand(
    command,
    'add',
    config,
    '--stream',
    'camera-*',
    'door-*',
    '--kind',
    'feed',
    '--for',
    '2h',
    '-c',
    'they move',
  )
  expect(made.code).toBe(0)
  const [{ id, match }] = silences.list()
  expect(made.out).toContain(`silence ${id} until `)
  expect(match).toEqual({ stream: ['camera-*', 'door-*'], kind: ['feed'] })
  const listed = await runCommand(command, 'list', config, '--at', `http://127.0.0.1:${server.port}`)
  expect(listed.out).toMatch(/^id +now +until +match +comment\n[\w-]+ +active +\S+ +stream=camera-\*\|door-\* kind=feed +they move\n$/)
  expect(await runCommand(command, 'end', config, id)).toMatchObject({ code: 0, out: `silence ${id} has ended\n` })
  expect((await runCommand(command, 'list', config)).out).toBe('no silences\n')
})

it('says what is wrong, and never the token', async () => {
  const refused = await runCommand(command, 'add', config, '--stream', 'x', '-c', 'no end')
  expect(refused).toMatchObject({ code: exitCodes.usage.code, err: expect.stringContaining('exactly one of until') })
  const other = await written('other.yaml', { admin: { token: `${token}-2` }, metrics: { port: server.port } })
  const stranger = await runCommand(command, 'list', other)
  expect(stranger).toMatchObject({ code: exitCodes.usage.code, err: expect.stringContaining('refused it (401)') })
  expect(stranger.err).not.toContain(token)
  const without = await runCommand(command, 'list', await written('without.yaml', {}))
  expect(without).toMatchObject({ code: exitCodes.usage.code, err: expect.stringContaining('has no admin.token') })
  const nobody = await runCommand(command, 'list', config, '--at', 'http://127.0.0.1:1')
  expect(nobody).toMatchObject({ code: exitCodes.unreachable.code, err: expect.stringContaining('http://127.0.0.1:1 does not answer') })
})
