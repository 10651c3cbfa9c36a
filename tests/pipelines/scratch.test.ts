import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Place, Scratch } from '../../pipelines/scratch.js'

describe('the scratch file', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'scratch-'))
    vi.stubEnv('TMPDIR', folder)
  })
  afterEach(() => void vi.unstubAllEnvs())

  const bytes = fc.uint8Array({ maxLength: 700 })

  it('gives back what was put, whatever was put and freed before', () => {
    const steps = fc.array(fc.tuple(bytes, fc.boolean(), fc.nat()), { maxLength: 40 })
    fc.assert(
      fc.property(steps, (steps) => {
        const scratch = new Scratch()
        const held: [Place, Uint8Array][] = []
        for (const [content, frees, which] of steps) {
          held.push([scratch.put(content), content])
          if (frees) for (const [place] of held.splice(which % held.length, 1)) scratch.free(place)
          for (const [place, expected] of held) expect(scratch.read(place)).toEqual(expected)
        }
        scratch.close()
      }),
      { numRuns: 30 },
    )
  })

  it('takes freed places again before it grows', () => {
    const scratch = new Scratch()
    const first = scratch.put(new Uint8Array(600))
    scratch.put(new Uint8Array(10))
    scratch.free(first)
    expect(scratch.put(new Uint8Array(700)).at).toBe(first.at)
    scratch.close()
  })

  it('leaves no name behind while it is used', () => {
    const scratch = new Scratch()
    const place = scratch.put(Uint8Array.of(1, 2, 3))
    expect(readdirSync(folder)).toEqual([])
    expect(scratch.read(place)).toEqual(Uint8Array.of(1, 2, 3))
    scratch.close()
    expect(() => scratch.read(place)).toThrow(/the scratch file of this process ends before byte 3/)
  })

  it('says how to mend a temporary folder that cannot be written', () => {
    vi.stubEnv('TMPDIR', join(folder, 'missing'))
    expect(() => new Scratch().put(Uint8Array.of(1))).toThrow(
      /cannot be written to the temporary folder .*missing: ENOENT.*; set TMPDIR to a folder with room, or raise limits\.streams/,
    )
  })
})
