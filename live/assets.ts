import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'

/** A file of the page, in the forms in which it is sent. */
export interface Asset {
  readonly type: string
  readonly etag: string
  readonly plain: Buffer
  readonly encoded: Readonly<Record<'br' | 'gzip', Buffer>>
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
}

const compressed = { br: promisify(brotliCompress), gzip: promisify(gzip) }

/** The files of a built page by name; none where it was not built. Read once: no request can name another file. */
export async function readAssets(folder: string): Promise<ReadonlyMap<string, Asset>> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const shown = names.filter((name) => extname(name) in types)
  return new Map(await Promise.all(shown.map(async (name) => [name, await readAsset(join(folder, name))] as const)))
}

async function readAsset(path: string): Promise<Asset> {
  const plain = await readFile(path)
  const [br, gz] = await Promise.all([compressed.br(plain), compressed.gzip(plain)])
  return {
    type: types[extname(path)],
    etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    plain,
    encoded: { br, gzip: gz },
  }
}
