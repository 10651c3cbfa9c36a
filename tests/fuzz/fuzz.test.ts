import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Secret } from '../../connectors/options.js'
import { silencesRoute } from '../../connectors/paging/admin.js'
import { Silences } from '../../connectors/paging/silences.js'
import { fitReference } from '../../references/fit.js'
import { type BundleFiles, toFiles } from '../../references/manifest.js'
import { Health } from '../../telemetry/health.js'
import { startTelemetryServer } from '../../telemetry/server.js'
import { silent } from '../contract/silent-logger.js'
import { asRows, fitOptions, openTools, synthetic } from '../references/synthetic.js'
import { bundleTarget, folderTarget } from './bundles.js'
import { codecTargets } from './codecs.js'
import { configTarget, makeBait } from './config.js'
import { Fuzzer } from './fuzzer.js'
import { adminToken, httpTarget } from './http.js'
import { partitionTarget, stateFileTarget, stateRecordTarget, streamTarget } from './states.js'

/** `FUZZ=20 npx vitest run dist/tests/fuzz` tries twenty times as many. */
const fuzzer = new Fuzzer(Number(process.env.FUZZ ?? 1))

describe('whatever comes in from outside', { timeout: 300_000 }, () => {
  describe('a message becomes a row or a rejection', () => {
    for (const target of codecTargets()) it(target.name, () => fuzzer.run(target))
  })

  it('a text is a configuration, or has problems that show nothing secret', async () => {
    const bait = makeBait()
    await fuzzer.run(configTarget(bait)).finally(() => rm(bait, { recursive: true }))
  })

  describe('stored state is refused, or the pipeline can go on from it', () => {
    it('of a stream', () => fuzzer.run(streamTarget()))
    it('of a partition', () => fuzzer.run(partitionTarget()))
    it('in a file', () => fuzzer.run(stateFileTarget()))
    it('in a topic', () => fuzzer.run(stateRecordTarget()))
  })

  describe('a bundle is refused, or is a reference that scores', () => {
    let originals: BundleFiles[]
    let place: string

    beforeAll(async () => {
      place = await mkdtemp(join(tmpdir(), 'driftwatch-fuzz-'))
      const tools = await openTools()
      const fitted = async (d: number, changes = {}) =>
        fitReference(asRows(synthetic({ n: 300, d, seed: d }), d), fitOptions(d, changes), tools)
      originals = [toFiles(await fitted(2)), toFiles(await fitted(3, { detectors: ['gaussian'] }))]
      await tools.close()
    })
    afterAll(() => rm(place, { recursive: true }))

    it('with any content', () => fuzzer.run(bundleTarget(originals)))
    it('with anything in the place of its files', () => fuzzer.run(folderTarget(originals[0], place)))
  })

  it('a client of the metrics server does not keep others from their answers', async () => {
    const exposition = { contentType: 'text/plain', metrics: async () => `${'driftwatch_x 1\n'.repeat(20_000)}` }
    const folder = await mkdtemp(join(tmpdir(), 'driftwatch-fuzz-'))
    const silences = new Silences([], join(folder, 'silences.json'))
    const routes = [silencesRoute({ silences, token: new Secret(adminToken), changed: () => undefined })]
    const of = { registry: exposition, health: new Health(), logger: silent, routes }
    const server = await startTelemetryServer({ host: '127.0.0.1', port: 0, ...of })
    await fuzzer.run(httpTarget(() => server.port)).finally(() => server.close())
    await rm(folder, { recursive: true })
  })

  it('is tried in at least 10,000 ways', () => {
    expect(fuzzer.total).toBeGreaterThanOrEqual(10_000)
  })

  afterAll(() => console.log([...fuzzer.cases].map(([name, count]) => `${count} ${name}`).join('\n'), `\n${fuzzer.total} cases`))
})
