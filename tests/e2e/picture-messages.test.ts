import { once } from 'node:events'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Message } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Shot, shots } from '../kit/cameras.js'
import { lines } from '../kit/events.js'
import { KafkaTestClient, kafkaOrSkip } from '../kit/kafka.js'
import { Driftwatch, driftwatch, useProcesses } from '../kit/process.js'
import { Stage, unhurried } from '../kit/stage.js'
import { tinyBackbone } from '../kit/tiny-backbone.js'

const { skip, brokers = [] } = await kafkaOrSkip()

const EACH = 20
/** A spanner lies before the first camera on this picture. */
const FOREIGN = 12
/** Bad records come after so many pictures of the first camera. */
const BEFORE = 6

/** Answers with the pictures that are given to it, and in some bad ways. */
class PictureServer {
  readonly pictures = new Map<string, Buffer>()
  port = 0
  readonly #server = createServer(({ url = '/' }, response) => this.#answer(url, response))

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    this.port = address.port
  }

  /** By address, which is listed as it is, or by a name that leads to a private address. */
  at = (path: string, host = '127.0.0.1'): string => `http://${host}:${this.port}${path}`

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }

  #answer(path: string, response: ServerResponse): void {
    const to = (location: string) => response.writeHead(302, { location }).end()
    const picture = this.pictures.get(path)
    if (path === '/moved.jpg') to(this.at('/0.jpg'))
    else if (path === '/to-private.jpg') to(this.at('/0.jpg', 'localhost'))
    else if (path === '/to-metadata.jpg') to('http://169.254.169.254/latest/meta-data/')
    else if (path === '/slow.jpg') response.writeHead(200, { 'content-length': 1000 }).write('\xff\xd8')
    else if (path === '/endless.jpg') endlessly(response)
    else if (picture === undefined) response.writeHead(404).end()
    else response.end(picture)
  }
}

function endlessly(response: ServerResponse): void {
  while (!response.destroyed && response.write(Buffer.alloc(16_384)));
  if (!response.destroyed) response.once('drain', () => endlessly(response))
}

describe.skipIf(skip)(`pictures in JSON messages and behind URIs, from a topic${skip ? ` (${skip})` : ''}`, () => {
  const place = useProcesses()
  const client = new KafkaTestClient(brokers)
  const server = new PictureServer()
  afterAll(async () => {
    server.close()
    await client.close()
  })
  let byUri: Stage
  let inJson: Stage
  let bad: { readonly url: string; readonly reason: string; readonly detail: string }[]
  let process: Driftwatch

  const message = ({ camera, time }: Omit<Shot, 'jpeg'>, picture: object): Message => ({
    partition: camera,
    value: JSON.stringify({ camera: `camera-${camera}`, at: new Date(time).toISOString(), picture }),
  })
  /** Every second picture by http, some of those behind a redirect; the others out of a folder. */
  const named = (some: readonly Shot[]): Promise<Message[]> =>
    Promise.all(
      some.map(async (shot, i) => {
        const name = `${server.pictures.size}.jpg`
        server.pictures.set(`/${name}`, shot.jpeg)
        await writeFile(join(place.folder, 'frames', name), shot.jpeg)
        const url = i % 2 === 0 ? server.at(`/${name}`) : pathToFileURL(join(place.folder, 'frames', name)).href
        return message(shot, { url })
      }),
    )

  beforeAll(async () => {
    await server.listen()
    await mkdir(join(place.folder, 'frames'))
    const backbone = join(place.folder, 'backbone.onnx')
    await writeFile(backbone, (await tinyBackbone(64)).bytes)
    const { port } = server
    // The name leads to an address that is not public, so it is refused although it is listed.
    const fetch = { hosts: [`127.0.0.1:${port}`, `localhost:${port}`], folders: [join(place.folder, 'frames')], timeout: '1s' }
    const fields = { stream: 'camera', time: 'at' }
    const monitor = { features: undefined, detectors: ['gaussian'], limits: { messageBytes: '100kB' } }
    const options = { client, brokers, reference: join(place.folder, 'reference'), source: unhurried }
    const uri = { ...monitor, decode: { image: { uri: 'picture.url', ...fields } }, pictures: { backbone, fetch } }
    const base64 = { ...monitor, decode: { image: { base64: 'picture.data', ...fields } }, pictures: { backbone } }
    const normal = await Stage.set({ ...options, monitor: uri })
    byUri = await Stage.set({ ...options, monitor: uri, name: 'uri' })
    inJson = await Stage.set({ ...options, monitor: base64, name: 'base64' })
    await normal.send(await named(await shots(100, 1)))
    const fit = await driftwatch(['fit', '--config', await place.config('normal', normal.config())])
    expect(fit.code, fit.stderr).toBe(0)
    expect(fit.stdout).toMatch(/rows +200 of 2 streams/)

    await writeFile(join(place.folder, 'secret.jpg'), 'not for everyone')
    await symlink(join(place.folder, 'secret.jpg'), join(place.folder, 'frames', 'link.jpg'))
    const file = (...path: string[]) => pathToFileURL(join(place.folder, ...path)).href
    bad = [
      { url: 'http://pictures.example/0.jpg', reason: 'fetch_host', detail: 'pictures.example is not in hosts' },
      { url: server.at('/to-metadata.jpg'), reason: 'fetch_host', detail: '169.254.169.254 is not in hosts' },
      { url: server.at('/to-private.jpg'), reason: 'fetch_address', detail: 'localhost leads to' },
      { url: server.at('/endless.jpg'), reason: 'fetch_too_large', detail: 'more than 100000 bytes' },
      { url: server.at('/slow.jpg'), reason: 'fetch_timeout', detail: 'longer than 1000 ms' },
      { url: server.at('/never-taken.jpg'), reason: 'fetch_missing', detail: 'answers 404' },
      { url: file('frames', 'never-taken.jpg'), reason: 'fetch_missing', detail: 'does not exist' },
      { url: file('secret.jpg'), reason: 'fetch_folder', detail: 'is not in folders' },
      { url: file('frames', 'link.jpg'), reason: 'fetch_folder', detail: 'is not in folders' },
      { url: 'ftp://127.0.0.1/0.jpg', reason: 'fetch_scheme', detail: 'expected https:, http: or file:' },
    ]
    const watched = await shots(EACH, 2, (camera, index) => (camera === 0 && index === FOREIGN ? { foreign: true } : {}))
    const good = await named(watched)
    const refused = bad.map(({ url }) => message({ camera: 0, time: watched[2 * BEFORE].time }, { url }))
    await byUri.send([...good.slice(0, 2 * BEFORE), ...refused, ...good.slice(2 * BEFORE)])
    await inJson.send(watched.map((shot) => message(shot, { data: shot.jpeg.toString('base64') })))

    const config = { ...byUri.config(), monitors: [byUri.monitor(), inJson.monitor()] }
    process = new Driftwatch(['run', await place.config('watched', config)])
    await Promise.all([byUri.caughtUp(process), inJson.caughtUp(process)])
    const samples = await process.until((each) => each.sum('in_flight_records') === 0)
    expect(samples.sum('records_scored_total')).toBe(4 * EACH)
    expect((await process.stop()).code).toBe(0)
  })

  it('what cannot be had is a dead letter with its reason, and the stream goes on behind it', async () => {
    const buried = await byUri.buried()
    expect(buried.map(({ reason, origin, value }) => [reason, origin, JSON.parse(String(value)).picture.url])).toEqual(
      bad.map(({ url, reason }, i) => [reason, { topic: byUri.input, partition: 0, offset: BEFORE + i }, url]),
    )
    for (const [i, { detail }] of bad.entries()) expect(buried[i].detail).toContain(detail)
    expect(await inJson.buried()).toEqual([])
    for (const stage of [byUri, inJson]) {
      const { ends, committed } = await stage.places()
      expect(committed).toEqual(ends)
    }
  })

  it('a spanner on the belt opens an alert that names its record, either way', async () => {
    const opened = async (stage: Stage) =>
      (await stage.delivered()).map(({ event }) => event.data).filter(({ transition }) => transition === 'opened')
    const alert = (topic: string, offset: number) => ({ stream: 'camera-0', origin: { topic, partition: 0, offset } })
    expect(await opened(byUri)).toMatchObject([alert(byUri.input, FOREIGN + bad.length)])
    expect(await opened(inJson)).toMatchObject([alert(inJson.input, FOREIGN)])
  })

  it('the same pictures have the same scores in the same order, by URI and in base64', async () => {
    const config = (stage: Stage) => place.config(stage.name, stage.config())
    const scores = async (stage: Stage, rejected: number) => {
      const path = join(place.folder, `${stage.name}.ndjson`)
      const { code, stderr } = await driftwatch(['replay', await config(stage), '--scores', path])
      expect(code, stderr).toBe(0)
      expect(stderr).toContain(`${2 * EACH} records scored, ${rejected} rejected`)
      return lines(await readFile(path, 'utf8'))
        .map((line) => JSON.parse(line))
        .toSorted((one, other) => one.partition - other.partition)
    }
    const [uris, base64] = await Promise.all([scores(byUri, bad.length), scores(inJson, 0)])
    const offsets = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
    const whole = offsets(0, EACH)
    expect(base64.map(({ offset }) => offset)).toEqual([...whole, ...whole])
    const afterBad = offsets(BEFORE + bad.length, EACH + bad.length)
    expect(uris.map(({ offset }) => offset)).toEqual([...offsets(0, BEFORE), ...afterBad, ...whole])
    const what = ({ stream, time, detectors }: Record<string, unknown>) => ({ stream, time, detectors })
    expect(uris.map(what)).toEqual(base64.map(what))
  })

  it('a network that is listed may be led to: the redirect to a private address is then followed', async () => {
    const listed = byUri.monitor() as { pictures: { fetch: object } }
    const pictures = { ...listed.pictures, fetch: { ...listed.pictures.fetch, networks: ['127.0.0.0/8'] } }
    const { code, stderr } = await driftwatch(['replay', await place.config('networks', byUri.config({ pictures }))])
    expect(code, stderr).toBe(0)
    expect(stderr).toContain(`${2 * EACH + 1} records scored, ${bad.length - 1} rejected`)
  })
})
