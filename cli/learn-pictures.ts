import type { PictureMap } from '../backbones/embedder.js'
import type { PatchBundle } from '../backbones/patch-bundle.js'
import type { MonitorConfig } from '../config/monitor.js'
import type { MatMul } from '../detectors/matmul.js'
import { detectorByName } from '../detectors/registry.js'
import { type FileTraces, fingerprintOf, tracesOf } from '../pictures/fingerprint.js'
import { goldenPictures } from '../pictures/golden.js'
import { otherPath } from '../pictures/same-path.js'
import { degradedPictures, MOST_PICTURES } from '../pipelines/degraded.js'
import type { FitOptions } from '../references/fit-options.js'
import { goldenPicturesOf } from '../references/picture-backbone.js'
import { learnPlaces } from '../references/places.js'
import type { ReferenceRows } from '../references/rows.js'
import { CommandError } from './exit.js'
import type { PictureInput } from './fit-input.js'
import { degradedColumns, trainedQuality } from './picture-backbone.js'
import { progress } from './terminal.js'

/** What a reference of pictures knows beside its rows. @throws CommandError where they do not suit the network of their patches */
export async function learnPictures(
  config: MonitorConfig,
  { pictures, backbone, again, degraded: most = MOST_PICTURES }: PictureInput,
  { n, dropped }: ReferenceRows,
  matmul: MatMul,
): Promise<Pick<FitOptions, 'backbone' | 'degraded'>> {
  const { patches } = backbone
  const usesTrained = config.detectors.some((detector) => detectorByName(detector).usesTrained)
  const made = {
    name: backbone.name,
    version: backbone.version,
    ...(patches && { patches: patches.version }),
    ...(usesTrained && { trained: trainedQuality(config, backbone) }),
  }
  const golden = await goldenPicturesOf(await goldenPictures(), (picture) => pictures.trace(picture))
  const usesDegraded = config.detectors.some((detector) => detectorByName(detector).usesDegraded)
  const hasMap = backbone.description.map !== undefined
  if (!usesDegraded && !hasMap && patches === undefined) return { backbone: { ...made, golden } }
  const bar = progress('degrading', Math.min(n + dropped, most))
  const columns = usesDegraded ? degradedColumns(config, backbone) : []
  const maps: PictureMap[] = []
  const files: FileTraces[] = []
  const degraded = await degradedPictures({
    sources: again(),
    pictures,
    columns,
    records: n + dropped,
    most,
    beside: async (records, index) => {
      const map = hasMap ? await pictures.map(records, index) : undefined
      if (map !== undefined) maps.push(map)
      const file = patches && (await pictures.file(records, index))
      const traces = file && (await tracesOf(file))
      if (traces !== undefined) files.push(traces)
    },
    onPicture: (done) => bar.update(done, 'pictures'),
  })
  bar.end()
  if (patches !== undefined && files.length > 0) checkPath(files, patches)
  const places = maps.length === 0 ? undefined : await learnPlaces(maps, matmul)
  return { backbone: { ...made, golden, ...(places && { places }) }, ...(usesDegraded && { degraded }) }
}

/** @throws CommandError where the pictures came here on another path than those that the patch network was trained on */
function checkPath(files: readonly FileTraces[], { source, grid }: PatchBundle): void {
  const lines = otherPath(fingerprintOf(files, grid.size), source)
  if (lines.length === 0) return
  throw new CommandError(
    'reference',
    `these pictures came here on another path than those that the network of pictures.patches was trained on, which it would tell apart by that ` +
      `alone: ${lines.join('; ')}. Train it on pictures of this source (python -m training.discopatch), or fit on pictures as they were ` +
      'before they were resized or encoded again, or leave pictures.patches out',
  )
}
