import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { PeerProcess, unlessAbsent } from '../../bench/peers/peer-process.js'
import { peerFile } from '../../bench/peers/python.js'

afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

describe('peers', () => {
  it('are left out, with the reason, where there is no Python', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'driftwatch-test-'))
    vi.stubEnv('TMPDIR', folder)
    vi.stubEnv('PYTHON', 'no-such-python')
    const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(await unlessAbsent(PeerProcess.start('numpy', 'mahalanobis.py', []))).toBeUndefined()
    expect(said.mock.calls.flat().join('')).toMatch(/numpy is not measured: Python 3 with venv cannot be had \(.*no-such-python.*\)/)
    await rm(folder, { recursive: true })
  })

  it('do not hide other faults', async () => {
    await expect(unlessAbsent(Promise.reject(new Error('the broker is gone')))).rejects.toThrow('the broker is gone')
  })

  it.each(['numpy', 'alibi-detect', 'river', 'sklearn'])('%s pins every package', async (peer) => {
    const lines = (await readFile(peerFile(peer, 'requirements.txt'), 'utf8')).trim().split('\n')
    for (const line of lines) expect(line).toMatch(/^[A-Za-z0-9._-]+==[0-9][^ ]*$/)
  })
})
