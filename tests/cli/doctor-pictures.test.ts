import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { command } from '../../cli/doctor.js'
import { temporaryFolder } from '../connectors/files/write.js'
import { pictureMonitor } from '../kit/picture-monitor.js'
import { failsOnRed, tinyBackbone } from '../kit/tiny-backbone.js'
import { runCommand } from './run-command.js'

describe('driftwatch doctor of pictures', () => {
  let folder: string
  beforeAll(async () => {
    folder = await temporaryFolder()
    await pictureMonitor(folder, await tinyBackbone())
    await writeFile(join(folder, 'normal', '0000.png'), 'no picture')
  })

  /** The findings about the backbone and the records. */
  async function findings(backbone: string, heatmaps?: { readonly folder: string }): Promise<{ code: number; lines: readonly string[] }> {
    const monitor = {
      name: 'belt',
      source: { folder: { path: join(folder, 'normal') } },
      decode: { image: {} },
      pictures: { backbone, heatmaps },
      detectors: ['gaussian'],
      reference: { path: join(folder, 'reference') },
      alerting: { falseAlarmsPerDay: 1000 },
      sinks: [{ stdout: {} }],
      deadLetters: { file: { path: join(folder, 'letters.ndjson') } },
    }
    const path = join(folder, 'driftwatch.yaml')
    await writeFile(path, JSON.stringify({ monitors: [monitor] }))
    const { code, out } = await runCommand(command, path, '--sample', '20')
    return { code, lines: out.split('\n').flatMap((line) => /^ +((?:ok|warn|FAIL) +(?:pictures|records) .*)/.exec(line)?.[1] ?? []) }
  }

  it('starts the backbone, compares its golden pictures, and decodes some pictures', async () => {
    const { code, lines } = await findings(join(folder, 'backbone.onnx'))
    expect(code).toBe(0)
    expect(lines).toEqual([
      expect.stringMatching(/^ok +pictures +cpu reproduces the 3 golden pictures with tiny\.onnx \([0-9a-f]{12}\), \S+ ms each$/),
      expect.stringContaining('`driftwatch explain` writes no heatmaps: the backbone has no map'),
      expect.stringMatching(/^warn +records +200 of 201 records decode, 1 stream; 1 picture_format \(found the first bytes /),
    ])
  })

  it('says whether heatmaps of alerts can be made, and kept', async () => {
    const { code, lines } = await findings(join(folder, 'backbone.onnx'), { folder: join(folder, 'backbone.onnx', 'heatmaps') })
    expect(code).toBe(4)
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^warn +pictures +alerts have no heatmaps: the backbone has no map/),
        expect.stringMatching(/^FAIL +pictures .*backbone\.onnx is no folder/),
      ]),
    )
  })

  it('says that the backbone is another one, or none', async () => {
    const other = join(folder, 'other.onnx')
    await writeFile(other, (await failsOnRed()).bytes)
    const { code, lines } = await findings(other)
    expect(code).toBe(4)
    expect(lines[0]).toMatch(/^FAIL +pictures .*but the reference was fitted with tiny\.onnx/)
    expect((await findings(join(folder, 'nowhere.onnx'))).lines[0]).toMatch(
      /^FAIL +pictures .*pictures\.backbone: .*nowhere\.onnx: cannot be read \(ENOENT.*check the path/,
    )
  })
})
