import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { webgpuOrSkip } from '../kit/webgpu.js'
import type { Found, Pair } from './webgpu-process.js'

const { skip, env } = await webgpuOrSkip()
const script = fileURLToPath(new URL('webgpu-process.js', import.meta.url))

/** The largest difference, of the number or of 1 where it is smaller. */
const apart = ({ cpu, webgpu }: Pair): number =>
  Math.max(...cpu.map((number, i) => Math.abs(number - webgpu[i]) / Math.max(1, Math.abs(number))))

describe.skipIf(skip)(`WebGPU${skip ? ` (${skip})` : ''}, with embedders and scorers side by side,`, () => {
  let found: Found
  beforeAll(async () => {
    // A process of its own: the driver is named in its environment.
    const { stdout } = await promisify(execFile)(process.execPath, [script], { env: { ...process.env, ...env } })
    found = JSON.parse(stdout)
  })

  it.each(['float32', 'int8'])('gives pictures the features that the CPU gives them, with weights of %s', (weights) => {
    const pair = found.features[weights]
    expect(pair.webgpu).toHaveLength(pair.cpu.length)
    expect(apart(pair)).toBeLessThan(1e-5)
    // Another machine than the CPU: last bits differ.
    expect(pair.webgpu).not.toEqual(pair.cpu)
  })

  it.each(['float32', 'float64'])('gives rows of %s the scores and sums that the CPU gives them', (precision) => {
    const pair = found.scores[precision]
    expect(pair.webgpu).toHaveLength(pair.cpu.length)
    expect(apart(pair)).toBeLessThan(1e-5)
  })

  it('passes the golden pictures of a reference that was fitted on the CPU', () => {
    expect(found.golden).toEqual(['', ''])
  })

  it('leaves the main thread free', () => {
    expect(found.longestPause).toBeLessThan(0.5)
  })
})
