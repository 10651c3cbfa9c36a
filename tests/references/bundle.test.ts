import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BundleError, readBundle, writeBundle } from '../../references/bundle.js'
import { fitReference } from '../../references/fit.js'
import { fromFiles, toFiles } from '../../references/manifest.js'
import { BundleFault } from '../../references/packing.js'
import type { Reference } from '../../references/reference.js'
import { asRows, fitOptions, openTools, synthetic } from './synthetic.js'

let reference: Reference
let other: Reference
let parent: string
let folder: string

const small = {
  detectors: ['gaussian'],
  logic: { window: { size: 4, hop: 2 }, record: { k: 1, n: 1, gap: 3 }, drift: { k: 1, n: 1, gap: 3 } },
}

beforeAll(async () => {
  const tools = await openTools()
  reference = await fitReference(asRows(synthetic({ n: 60, d: 2, seed: 1 }), 2), fitOptions(2, small), tools)
  other = await fitReference(asRows(synthetic({ n: 300, d: 3, seed: 2 }), 3), fitOptions(3), tools)
  await tools.close()
})

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'driftwatch-bundle-'))
  folder = join(parent, 'reference')
  return () => rm(parent, { recursive: true })
})

describe('a bundle', () => {
  it('reads back as it was written, in two files', async () => {
    for (const one of [reference, other]) {
      await writeBundle(folder, one)
      const { fittedAt, ...read } = await readBundle(folder)
      expect(read).toEqual(one)
      expect(new Date(String(fittedAt)).toISOString()).toBe(fittedAt)
      expect((await readdir(folder)).sort()).toEqual(['manifest.json', 'tensors.safetensors'])
    }
    expect(await readdir(parent)).toEqual(['reference'])
  })

  it('holds none of the rows it was fitted on', async () => {
    const { inputs } = reference.golden
    const rows = synthetic({ n: 60, d: 2, seed: 1 })
    for (let i = 0; i < 60; i++) expect(inputs.includes(rows[2 * i]) && inputs.includes(rows[2 * i + 1])).toBe(false)
  })

  it('can be moved, and reached through a link to its folder', async () => {
    await writeBundle(folder, reference)
    await rename(folder, join(parent, 'moved'))
    await symlink(join(parent, 'moved'), folder)
    expect((await readBundle(folder)).version).toBe(reference.version)
    await writeBundle(folder, other)
    expect((await readBundle(join(parent, 'moved'))).version).toBe(other.version)
  })

  it('is refused or unchanged with any byte of either file changed', () => {
    const files = toFiles(reference)
    const manifest = Buffer.from(files.manifest)
    let harmless = 0
    const attempt = (changed: { manifest: Buffer; tensors: Uint8Array }) => {
      try {
        expect(fromFiles({ manifest: changed.manifest.toString('utf8'), tensors: changed.tensors })).toEqual(reference)
        harmless++
      } catch (error) {
        expect(error).toBeInstanceOf(BundleFault)
      }
    }
    for (const mask of [1, 0x20]) {
      for (let at = 0; at < manifest.length; at++) {
        const copy = Buffer.from(manifest)
        copy[at] ^= mask
        attempt({ manifest: copy, tensors: files.tensors })
      }
      for (let at = 0; at < files.tensors.length; at += 1) {
        const copy = Buffer.from(files.tensors)
        copy[at] ^= mask
        attempt({ manifest, tensors: copy })
      }
    }
    // Only white space and the like: far from all.
    expect(harmless).toBeLessThan(manifest.length / 4)
  }, 120_000)

  it('whose author forged the version too is still held to its shape', () => {
    const files = toFiles(reference)
    const forge = (path: readonly string[], value: unknown) => {
      const manifest = JSON.parse(files.manifest)
      const parent = path.slice(0, -1).reduce((object, key) => object[key], manifest)
      parent[path[path.length - 1]] = value
      const attempt = (version: unknown) => fromFiles({ manifest: JSON.stringify({ ...manifest, version }), tensors: files.tensors })
      try {
        return attempt('?')
      } catch (error) {
        return attempt(/the content is ([0-9a-f]{16})/.exec(String(error))?.[1])
      }
    }
    expect(forge(['detrend'], 0)).toEqual(reference)
    expect(() => forge(['features'], ['f0', 'f1', 'x'])).toThrow(/field "whitening.tensors.mean": expected 3 numbers/)
    expect(() => forge(['golden', 'rows'], reference.golden.rows + 1)).toThrow(/field "golden.inputs"/)
    expect(() => forge(['code'], 'x')).toThrow(/"code"/)
    expect(() => forge(['calibration', 'maps', 'other'], { code: 'x' })).toThrow(/field "calibration.maps.other/)
    expect(() => forge(['calibration', 'ceiling'], null)).toThrow(/field "calibration.ceiling"/)
    expect(() => forge(['golden', 'inputs'], { tensor: 'nowhere' })).toThrow(/names the tensor "nowhere"/)
    expect(() => forge(['golden', 'inputs'], [])).toThrow(/"golden.inputs", which manifest.json does not name/)
    expect(() => forge(['whitening', 'scalars', 'method'], 'magic')).toThrow(/method 'magic'/)
  })

  it('deeply nested or with prototype keys does no harm', () => {
    const { manifest, tensors } = toFiles(reference)
    const deep = `{"format":"driftwatch reference","schemaVersion":2,"version":"x","a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`
    expect(() => fromFiles({ manifest: deep, tensors })).toThrow(BundleFault)
    const polluted = manifest.replace('{', '{"__proto__":{"polluted":true},')
    expect(() => fromFiles({ manifest: polluted, tensors })).toThrow(BundleFault)
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})

describe('readBundle refuses, with place and mend,', () => {
  const edit = async (name: string, change: (text: string) => string) =>
    writeFile(join(folder, name), change(await readFile(join(folder, name), 'latin1')), 'latin1')

  beforeEach(() => writeBundle(folder, reference))

  it.each([
    ['a missing folder', () => rm(folder, { recursive: true }), /manifest.json is missing/],
    ['a missing file', () => rm(join(folder, 'tensors.safetensors')), /tensors.safetensors is missing/],
    [
      'another schema version',
      () => edit('manifest.json', (t) => t.replace('"schemaVersion": 2', '"schemaVersion": 1')),
      /"schemaVersion": 1, expected 2/,
    ],
    [
      'another format',
      () => edit('manifest.json', (t) => t.replace('driftwatch reference', 'cake')),
      /"format": "cake", expected "driftwatch reference"/,
    ],
    ['a changed number', () => edit('manifest.json', (t) => t.replace('"dropped": 0', '"dropped": 1')), /was changed after it was written/],
    ['cut tensors', () => truncate(join(folder, 'tensors.safetensors'), 100), /was changed after it was written/],
    ['a manifest that is not JSON', () => truncate(join(folder, 'manifest.json'), 100), /manifest.json is not JSON/],
    ['a huge manifest', () => truncate(join(folder, 'manifest.json'), 17e6), /manifest.json has 17000000 bytes/],
    [
      'a link out of the folder',
      async () => {
        await rename(join(folder, 'manifest.json'), join(parent, 'elsewhere.json'))
        await symlink('../elsewhere.json', join(folder, 'manifest.json'))
      },
      /manifest.json is a symbolic link/,
    ],
    [
      'a folder in a file’s place',
      async () => {
        await rm(join(folder, 'manifest.json'))
        await mkdir(join(folder, 'manifest.json'))
      },
      /manifest.json is not a file/,
    ],
    [
      'a pipe that nobody writes to',
      async () => {
        await rm(join(folder, 'manifest.json'))
        execFileSync('mkfifo', [join(folder, 'manifest.json')])
      },
      /manifest.json is not a file/,
    ],
  ])('%s', async (_, damage, message) => {
    await damage()
    const error = await readBundle(folder).catch((fault: unknown) => fault)
    expect(error).toBeInstanceOf(BundleError)
    expect(error).toMatchObject({ message: expect.stringMatching(message) })
    expect(String(error)).toContain(folder)
    expect(String(error)).toMatch(/; run driftwatch fit to make it$/)
  })
})

describe('writeBundle leaves alone', () => {
  it.each([
    ['a folder with other files', async () => writeFile(join(folder, 'thesis.tex'), ''), /holds "thesis.tex"/],
    ['a manifest that is not ours', async () => writeFile(join(folder, 'manifest.json'), '{"name":"app"}'), /not a reference/],
  ])('%s', async (_, prepare, message) => {
    await mkdir(folder)
    await prepare()
    const before = await readdir(folder)
    await expect(writeBundle(folder, reference)).rejects.toThrow(message)
    expect(await readdir(folder)).toEqual(before)
    expect(await readdir(parent)).toEqual(['reference'])
  })

  it('a file, and a reference that was changed after its fit', async () => {
    await writeFile(folder, 'x')
    await expect(writeBundle(folder, reference)).rejects.toThrow(/is not a folder/)
    await expect(writeBundle(join(parent, 'b'), { ...reference, detrend: 0.5 })).rejects.toThrow(/changed after it was fitted/)
    expect(await readdir(parent)).toEqual(['reference'])
  })
})
