import { short } from '../../alerts/words.js'
import type { MonitorConfig } from '../../config/monitor.js'
import type { Codec } from '../../connectors/codec.js'
import type { Reference } from '../../references/reference.js'
import { backboneOf, checkedPictures } from '../picture-backbone.js'
import { type Check, ok, type Verdict, warn } from './finding.js'
import { writable } from './paths.js'

/** Runs that the time of a picture is the median of. */
const RUNS = 9

/** Starts the backbone as `run` does, lets it make the reference's golden pictures, and takes its time. */
export const picturesCheck = (config: MonitorConfig, reference: Reference, codec: Codec): Check => ({
  name: 'pictures',
  async look() {
    const backbone = await backboneOf(config)
    if (backbone === undefined || reference.backbone === undefined) return []
    const unavailable: string[] = []
    const pictures = await checkedPictures(config, reference, backbone, codec, {
      unavailable: (provider, message) => unavailable.push(`${provider} cannot be used: ${message}`),
      restarted: (part, message) => unavailable.push(`a worker of the ${part} has died: ${message}`),
    })
    try {
      const { golden } = reference.backbone
      const times: number[] = []
      for (let run = 0; run < RUNS; run++) {
        const from = performance.now()
        await pictures.trace(Buffer.from(golden[run % golden.length].picture, 'base64'))
        times.push(performance.now() - from)
      }
      const median = times.sort((one, other) => one - other)[Math.floor(RUNS / 2)]
      const line =
        `${pictures.provider} reproduces the ${golden.length} golden pictures with ${backbone.name} (${backbone.version.slice(0, 12)}), ` +
        `${short(median)} ms each`
      return [unavailable.length === 0 ? ok(line) : warn(`${line}; ${unavailable.join('; ')}`), ...(await heatmaps(config, reference))]
    } finally {
      await pictures.close()
    }
  },
})

async function heatmaps({ pictures }: MonitorConfig, { backbone }: Reference): Promise<Verdict[]> {
  const folder = pictures?.heatmaps?.folder
  const written = folder === undefined ? [] : [await writable('folder', folder)]
  if (backbone?.places !== undefined) return [ok('`driftwatch explain --heatmap` shows where a picture is unusual'), ...written]
  const none = 'the backbone has no map (`driftwatch backbone prepare … --map TAP`), or had none at fit'
  return [
    folder === undefined ? ok(`\`driftwatch explain\` writes no heatmaps: ${none}`) : warn(`alerts have no heatmaps: ${none}`),
    ...written,
  ]
}
