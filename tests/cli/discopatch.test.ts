import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Prepared } from '../../backbones/model/prepare.js'
import { command as explain } from '../../cli/explain.js'
import { temporaryFolder } from '../connectors/files/write.js'
import { configOf, type PictureMonitor, pictureMonitor, watch } from '../kit/picture-monitor.js'
import { tinyBackbone, waves } from '../kit/tiny-backbone.js'
import { tinyManifest, tinyPatchNetwork, writeTinyPatches } from '../kit/tiny-patches.js'
import { runCommand } from './run-command.js'

describe('a monitor with a DisCoPatch network', () => {
  let folder: string
  let backbone: Prepared
  let monitor: PictureMonitor
  const at = (name: string) => join(folder, name)
  const pictures = (patches: string) => ({ backbone: at('backbone.onnx'), batch: 4, patches })
  beforeAll(async () => {
    folder = await temporaryFolder()
    backbone = await tinyBackbone()
    const patches = await writeTinyPatches(at('patches'))
    monitor = await pictureMonitor(folder, backbone, { pictures: pictures(patches), detectors: ['discopatch'] })
  }, 120_000)

  const blurred = async (index: number) =>
    sharp(await waves(index))
      .blur(4)
      .png()
      .toBuffer()
  const changed = (changes: object) => configOf({ ...plain(), ...changes })
  const plain = () => ({
    name: 'belt',
    source: { folder: { path: at('normal') } },
    decode: { image: {} },
    pictures: pictures(at('patches')),
    detectors: ['discopatch'],
    reference: { path: at('reference') },
    alerting: { falseAlarmsPerDay: 1000 },
    sinks: [{ stdout: {} }],
  })

  it('has the score as its last feature, and alerts on pictures whose patches score high', async () => {
    const { features, backbone: fitted } = monitor.reference
    expect(features.at(-1)).toBe('discopatch.score')
    expect(fitted?.patches).toBe(tinyManifest(tinyPatchNetwork()).model.sha256)
    const normal = await Promise.all([501, 502, 503, 504, 505, 506].map(waves))
    const { events, scored } = await watch(monitor.config, [normal, [await blurred(507), await blurred(508)]])
    expect(scored).toHaveLength(8)
    const first = { detectors: ['discopatch'], contributions: [{ feature: 'discopatch.score' }], worst: [{ offset: 6 }] }
    expect(events[0]).toMatchObject({ data: first })
  })

  it('explains such a picture as one of bad quality, by that feature', async () => {
    await writeFile(at('driftwatch.yaml'), JSON.stringify({ monitors: [plain()] }))
    await writeFile(at('blurred.png'), await blurred(509))
    const { out } = await runCommand(explain, '--config', at('driftwatch.yaml'), at('blurred.png'))
    expect(out).toMatch(/^seen +image quality: how the picture was taken or stored/m)
    // It looks at one number only, of which a depth says nothing.
    expect(out).not.toMatch(/^depth/m)
    expect(out).toMatch(/^discopatch\.score +.*█/m)
  })

  it('is not run with another network than the reference was fitted with, or without it', async () => {
    const other = await writeTinyPatches(at('other'), tinyPatchNetwork(2))
    await expect(watch(changed({ pictures: pictures(other) }), [])).rejects.toThrow(
      /the network of pictures\.patches is [0-9a-f]{12}, but the reference was fitted with [0-9a-f]{12}; name that bundle as pictures\.patches, or run/,
    )
    await expect(watch(changed({ pictures: { backbone: at('backbone.onnx') } }), [])).rejects.toThrow('pictures.patches is none, but')
  })

  it('is not fitted to pictures that came on another path than those of the training', async () => {
    const source = { ...tinyManifest(tinyPatchNetwork()).source, formats: { JPEG: 200 } }
    const trained = await writeTinyPatches(at('elsewhere'), tinyPatchNetwork(), { source })
    await expect(
      pictureMonitor(at('second'), backbone, { pictures: { ...pictures(trained), backbone: at('backbone.onnx') } }),
    ).rejects.toThrow(/they are 100 % PNG, the network was trained on 100 % JPEG\. Train it on pictures of this source/)
  }, 60_000)

  it('says what discopatch lacks without a network, and what a bundle lacks', async () => {
    const without = { pictures: { backbone: at('backbone.onnx') }, detectors: ['discopatch'] }
    await expect(pictureMonitor(at('third'), backbone, without)).rejects.toThrow('name a bundle of training.discopatch as pictures.patches')
    await expect(watch(changed({ pictures: pictures(at('nowhere')) }), [])).rejects.toThrow(
      /pictures\.patches: .*manifest\.json: cannot be read \(ENOENT.*check the path/,
    )
  }, 60_000)
})
