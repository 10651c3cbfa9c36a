import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressOf, isPublic } from '../../../connectors/pictures/addresses.js'
import { fetchPersistently, fetchPicture } from '../../../connectors/pictures/fetch.js'
import { type FetchRules, fetchReasons, fetchSchema } from '../../../connectors/pictures/rules.js'

const picture = Buffer.from('the bytes of a picture')

describe('a picture by http', () => {
  const routes: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {
    '/picture': (response) => response.end(picture),
    '/chunks': (response) => {
      response.write(picture.subarray(0, 5))
      response.end(picture.subarray(5))
    },
    '/host': (response, request) => response.end(request.headers.host),
    '/once': (response) => response.writeHead(302, { location: '/picture' }).end(),
    '/loop': (response) => response.writeHead(307, { location: '/loop' }).end(),
    '/to-metadata': (response) => response.writeHead(301, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
    '/to-localhost': (response) => response.writeHead(302, { location: `http://localhost:${port}/picture` }).end(),
    '/to-file': (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    '/broken': (response) => response.writeHead(500).end('no'),
    '/forbidden': (response) => {
      asked++
      response.writeHead(403).end('no')
    },
    '/recovers': (response) => (++asked < 3 ? response.writeHead(503).end('soon') : response.end(picture)),
    '/partial': (response) => response.writeHead(206).end(picture),
    '/never': () => {},
    '/stalls': (response) => response.writeHead(200, { 'content-length': 100 }).write('x'),
    '/endless': (response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(4096)));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    },
    '/announced': (response) => response.writeHead(200, { 'content-length': 5_000_000 }).write('x'),
    '/short': (response) => {
      response.writeHead(200, { 'content-length': 100 })
      response.write(picture, () => response.destroy())
    },
  }
  const server = createServer((request, response) => {
    const route = routes[new URL(request.url ?? '/', 'http://any').pathname]
    if (route === undefined) response.writeHead(404).end()
    else route(response, request)
  })
  let asked = 0
  let port: number
  let rules: FetchRules
  let at: (path: string) => string

  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    port = address.port
    rules = { ...fetchSchema.parse({ hosts: [`127.0.0.1:${port}`] }), maxBytes: 100_000 }
    at = (path) => `http://127.0.0.1:${port}${path}`
  })
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })

  it.each(['/picture', '/chunks', '/once', '/picture?signature=abc'])('comes from a listed host: %s', async (path) => {
    expect(await fetchPicture(at(path), rules)).toEqual(picture)
  })

  it.each([
    ['/missing', 'fetch_missing', 'answers 404'],
    ['/broken', 'fetch_server', 'answers 500; expected 200'],
    ['/forbidden', 'fetch_status', 'answers 403; expected 200'],
    ['/partial', 'fetch_status', 'answers 206'],
    ['/loop', 'fetch_redirects', 'more than 3 times'],
    ['/to-metadata', 'fetch_host', '169.254.169.254 is not in hosts'],
    ['/to-localhost', 'fetch_host', 'is not in hosts'],
    ['/to-file', 'fetch_scheme', 'redirects to file:'],
    ['/endless', 'fetch_too_large', 'more than 100000 bytes'],
    ['/announced', 'fetch_too_large', 'has 5000000 bytes; the limit is 100000'],
    ['/short', 'fetch_truncated', `ends after ${picture.length} bytes of 100`],
  ])('%s is refused: %s', async (path, reason, detail) => {
    expect(await fetchPicture(at(path), rules)).toEqual({ reason, detail: expect.stringContaining(detail) })
  })

  it('is asked for again, twice, where the server is in trouble, and not where it refuses', async () => {
    const again = async (path: string) => {
      asked = 0
      return [await fetchPersistently(at(path), rules, [1, 1]), asked]
    }
    expect(await again('/recovers')).toEqual([picture, 3])
    expect(await again('/forbidden')).toEqual([expect.objectContaining({ reason: 'fetch_status' }), 1])
    expect(await again('/broken')).toEqual([expect.objectContaining({ reason: 'fetch_server' }), 0])
  })

  it.each(['/never', '/stalls'])('%s is given up when the time is over', async (path) => {
    expect(await fetchPicture(at(path), { ...rules, timeout: 100 })).toMatchObject({ reason: 'fetch_timeout' })
  })

  it('is not fetched where a listed name leads to a private address, by redirect neither, unless its network is listed', async () => {
    const name = `localhost:${port}`
    const listed = { ...rules, hosts: [...rules.hosts, name] }
    for (const uri of [`http://${name}/picture`, at('/to-localhost')])
      expect(await fetchPicture(uri, listed)).toMatchObject({ reason: 'fetch_address', detail: expect.stringContaining('not public') })
    const meant = { ...listed, networks: ['127.0.0.0/8'] }
    expect(await fetchPicture(at('/to-localhost'), meant)).toEqual(picture)
    expect(await fetchPicture(`http://${name}/host`, meant)).toEqual(Buffer.from(name))
  })

  it.each([
    ['http://127.0.0.1/picture', 'fetch_host'],
    ['http://user@127.0.0.1.nip.example/picture', 'fetch_host'],
    ['http://2130706433/picture', 'fetch_host'],
    ['http://[::ffff:127.0.0.1]/picture', 'fetch_host'],
    ['ftp://127.0.0.1/picture', 'fetch_scheme'],
    ['data:image/png;base64,AAAA', 'fetch_scheme'],
    ['/etc/passwd', 'fetch_malformed'],
    ['', 'fetch_malformed'],
  ])('%s is not followed: %s', async (uri, reason) => {
    expect(await fetchPicture(uri, rules)).toMatchObject({ reason })
  })

  it('says that nobody listens, and never shows a query', async () => {
    const taken = createTcpServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    taken.close()
    await once(taken, 'close')
    const made = await fetchPicture(`http://127.0.0.1:${address.port}/a?signature=hidden`, {
      ...rules,
      hosts: [`127.0.0.1:${address.port}`],
    })
    expect(made).toMatchObject({ reason: 'fetch_unreachable' })
    expect(JSON.stringify(made)).not.toContain('hidden')
    expect(JSON.stringify(await fetchPicture(at('/missing?signature=hidden'), rules))).not.toContain('hidden')
  })
})

describe('a picture in a file', () => {
  const root = mkdtempSync(join(tmpdir(), 'driftwatch-pictures-'))
  const inside = join(root, 'inside')
  const uri = (...path: string[]) => pathToFileURL(join(...path)).href
  const rules: FetchRules = { ...fetchSchema.parse({ folders: [inside] }), maxBytes: 1000 }

  beforeAll(() => {
    mkdirSync(join(inside, 'folder'), { recursive: true })
    mkdirSync(join(root, 'inside-not'))
    for (const path of ['inside/picture', 'inside/folder/picture', 'inside-not/picture', 'outside'])
      writeFileSync(join(root, path), picture)
    writeFileSync(join(inside, 'large'), Buffer.alloc(2000))
    writeFileSync(join(inside, 'empty'), '')
    symlinkSync(join(root, 'outside'), join(inside, 'out'))
    symlinkSync(join(inside, 'picture'), join(inside, 'in'))
    symlinkSync(inside, join(root, 'link'))
    execFileSync('mkfifo', [join(inside, 'pipe')])
  })
  afterAll(() => rmSync(root, { recursive: true }))

  it.each(['picture', 'folder/picture', 'in'])('is read in a listed folder: %s', async (path) => {
    expect(await fetchPicture(uri(inside, path), rules)).toEqual(picture)
  })

  it('is read through a folder that is itself a link, by either name', async () => {
    const linked = { ...rules, folders: [join(root, 'link')] }
    expect(await fetchPicture(uri(root, 'link', 'picture'), linked)).toEqual(picture)
    expect(await fetchPicture(uri(inside, 'picture'), linked)).toEqual(picture)
  })

  it('that is empty is empty bytes', async () => {
    expect(await fetchPicture(uri(inside, 'empty'), rules)).toHaveLength(0)
  })

  it.each([
    ['a link that leads out', uri(inside, 'out'), 'fetch_folder'],
    ['dots that lead out', `${pathToFileURL(inside).href}/../outside`, 'fetch_folder'],
    ['encoded dots', `${pathToFileURL(inside).href}/%2e%2e/outside`, 'fetch_folder'],
    ['encoded slashes', `${pathToFileURL(inside).href}/..%2foutside`, 'fetch_malformed'],
    ['a folder whose name only begins so', uri(root, 'inside-not', 'picture'), 'fetch_folder'],
    ['what does not exist elsewhere', uri(root, 'nothing'), 'fetch_folder'],
    ['what does not exist', uri(inside, 'nothing'), 'fetch_missing'],
    ['a folder', uri(inside, 'folder'), 'fetch_missing'],
    ['a pipe', uri(inside, 'pipe'), 'fetch_missing'],
    ['too many bytes', uri(inside, 'large'), 'fetch_too_large'],
    ['another machine', 'file://server/share/picture', 'fetch_malformed'],
  ])('is refused: %s', async (_, refused, reason) => {
    const made = await fetchPicture(refused, rules)
    expect(made).toMatchObject({ reason })
    expect(fetchReasons).toContain('reason' in made && made.reason)
  })

  it('is not read at all where no folder is listed', async () => {
    expect(await fetchPicture(uri(inside, 'picture'), fetchSchema.parse({}))).toMatchObject({
      reason: 'fetch_folder',
      detail: expect.stringContaining('which is empty'),
    })
  })
})

describe('addresses', () => {
  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'])('%s is public', (address) => {
    expect(isPublic(address)).toBe(true)
  })

  it.each([
    ['loopback', ['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1']],
    ['private', ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.0.1', 'fd12::1', '::ffff:10.0.0.1']],
    ['link-local, metadata services among them', ['169.254.169.254', 'fe80::1', '::ffff:169.254.169.254']],
    ['shared, unspecified, multicast, broadcast', ['100.64.0.1', '0.0.0.0', '::', '224.0.0.1', '255.255.255.255', 'ff02::1']],
    ['an IPv4 address wrapped by a translator', ['64:ff9b::7f00:1', '2002:7f00:1::', '::127.0.0.1']],
  ])('%s are not', (_, addresses) => {
    for (const address of addresses) expect(isPublic(address), address).toBe(false)
  })
})

describe('rules for fetching', () => {
  it('name hosts as URLs do and networks as addresses with a prefix', () => {
    const ok = (rules: object) => fetchSchema.safeParse(rules).success
    expect(ok({ hosts: ['cdn.example.com', 'cdn.example.com:8443', '10.0.0.7:9000', '[fd00::1]:9000'] })).toBe(true)
    for (const host of ['https://cdn.example.com', 'CDN.example.com', 'cdn.example.com:443', 'cdn.example.com/path', '*.example.com', ''])
      expect(ok({ hosts: [host] }), host).toBe(false)
    expect(ok({ networks: ['10.20.0.0/16', 'fd00::/8', '192.168.1.1'] })).toBe(true)
    for (const network of ['10.20.0.0/33', '10.20', 'example.com', '10.0.0.0/8/8']) expect(ok({ networks: [network] }), network).toBe(false)
  })

  it('take an address that is listed as a host as meant', async () => {
    expect(await addressOf('[::1]', fetchSchema.parse({}))).toBe('::1')
  })
})
