import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { appendHistory, type BaselineStep, baselineSteps, historyPath, isSettled, readHistory } from '../../references/history.js'

const time = '2026-03-01T10:00:00.000Z'
const at = Date.parse(time)
const line = (step: BaselineStep, message?: string) => ({ time, step, ...(message !== undefined && { message }) })

describe("a reference's history", () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'driftwatch-history-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('is empty at first, keeps what is added, and bears a line that a crash cut off', async () => {
    const reference = join(folder, 'reference')
    expect(await readHistory(reference)).toEqual([])
    await appendHistory(reference, line('frozen', 'control/0/7'))
    await appendFile(historyPath(reference), '{"time":"2026-\n')
    await appendHistory(reference, line('activated'))
    expect(await readHistory(reference)).toEqual([line('frozen', 'control/0/7'), line('activated')])
  })

  it('says of a message whether it has come to its end', () => {
    const settling = baselineSteps.filter((step) => isSettled([line(step, 'control/0/7')], 'control/0/7', at - 1))
    expect(settling).toEqual(['activated', 'unchanged', 'refused'])
    expect(isSettled([line('activated', 'control/0/6')], 'control/0/7', at - 1)).toBe(false)
  })

  it('takes no message of a topic that was made anew for one before', () => {
    expect(isSettled([line('activated', 'control/0/7')], 'control/0/7', at + 1)).toBe(false)
  })

  it('says that a person has activated something since', () => {
    expect(isSettled([line('activated')], 'control/0/7', at - 1)).toBe(true)
    expect(isSettled([line('activated')], 'control/0/7', at + 1)).toBe(false)
    expect(isSettled([line('refused')], 'control/0/7', at - 1)).toBe(false)
  })
})
