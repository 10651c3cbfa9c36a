import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { capacityNote, embeddingNote } from '../../cli/capacity.js'
import { configuration } from '../../cli/configuration.js'
import type { MonitorConfig } from '../../config/monitor.js'
import { picturesSchema } from '../../config/pictures.js'
import type { Reference } from '../../references/reference.js'
import { config } from '../config/texts.js'
import { smallReference } from '../pipelines/reference.js'

const folder = mkdtempSync(join(tmpdir(), 'driftwatch-capacity-'))
let reference: Reference
beforeAll(async () => {
  reference = await smallReference()
})
afterAll(() => rmSync(folder, { recursive: true }))

function monitor(detectors: readonly string[]): MonitorConfig {
  const path = join(folder, 'driftwatch.yaml')
  writeFileSync(path, config({ detectors: `[${detectors}]`, execution: '{ threads: 2 }' }))
  return configuration(path).monitors[0]
}
/** A reference to so many records per second. */
const at = (rate: number): Reference => ({ ...reference, calibration: { ...reference.calibration, rowsPerDay: 86_400 * rate } })

/** What is said where the scorer does so many records per second. */
const note = (rate: number, measured: number, detectors: readonly string[] = ['gaussian', 'near3', 'hotelling']) =>
  capacityNote(monitor(detectors), at(rate), 'float32', async () => measured)

describe('what fit says of its capacity', () => {
  it('is nothing where the scorer does three times the mean rate, or where any machine would', async () => {
    expect(await note(1000, 3000)).toBeUndefined()
    expect(await note(33, 0)).toBeUndefined()
  })

  it('is otherwise how far it falls short, and what to do: first of all to leave out what compares records with rows', async () => {
    expect(await note(1000, 2950)).toBe(
      'one scorer with 2 thread(s) does about 3,000 records/s here, the mean rate of these data is 1,000/s and peaks are higher: ' +
        'leave near3 out (detectors: [gaussian, hotelling]), raise execution.threads, or run more replicas',
    )
    expect(await note(1000, 500, ['knn', 'gaussian', 'codes'])).toContain('leave knn and codes out (detectors: [gaussian]), raise')
    for (const detectors of [['gaussian'], ['near3']]) expect(await note(1000, 500, detectors)).toContain('peaks are higher: raise')
  })

  it('is measured with the scorer of the monitor', async () => {
    const [, measured] = /does about ([\d,]+) records/.exec((await capacityNote(monitor(['gaussian']), at(1e12), 'float32')) ?? '') ?? []
    expect(Number(measured.replaceAll(',', ''))).toBeGreaterThan(100)
  })

  it('of pictures is how many were embedded a second, where that is less than three times the mean rate', () => {
    const { execution } = monitor(['gaussian'])
    const cameras = { ...monitor(['gaussian']), execution, pictures: picturesSchema.parse({ workers: 3 }) }
    expect(embeddingNote(cameras, at(10), 30)).toBeUndefined()
    expect(embeddingNote(cameras, at(10), 29)).toBe(
      'pictures were read and embedded at about 29/s here (pictures.workers: 3, execution.threads: 2), the mean rate of these data is 10/s ' +
        'and peaks are higher: raise those two, use a GPU (execution.providers), or run more replicas',
    )
  })
})
