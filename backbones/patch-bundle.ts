import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Fingerprint, fingerprintSchema } from '../pictures/fingerprint.js'
import { patchGridSchema } from '../pictures/patches.js'
import { kernels } from '../pictures/resize.js'
import { ModelFault } from './model/fault.js'
import type { PatchNetwork } from './patch-network.js'

const [MANIFEST, MODEL] = ['manifest.json', 'model.onnx']

/** Of the manifest what a run needs; the rest is for people. What other paths than this one mean is not guessed at. */
const manifestSchema = z.object({
  format: z.literal('driftwatch discopatch'),
  schemaVersion: z.literal(1),
  model: z.object({ file: z.literal(MODEL), sha256: z.string().regex(/^[0-9a-f]{64}$/), patchesPerPicture: z.int().min(1) }),
  preprocessing: z.object({
    orientation: z.literal('exif'),
    colour: z.literal('rgb'),
    crop: z.literal('centre square'),
    resize: z
      .object({ width: z.int(), height: z.int(), kernel: z.enum(kernels), antialias: z.literal(true) })
      .refine(({ width, height }) => width === height, { path: ['height'], error: 'differs from the width' }),
    layout: z.literal('nchw'),
    range: z.tuple([z.literal(0), z.literal(255)]),
  }),
  patchGrid: z.object({ patch: z.int(), rows: z.int(), columns: z.int(), jitter: z.int() }),
  source: fingerprintSchema,
})

/** A bundle that training.discopatch left. */
export interface PatchBundle extends PatchNetwork {
  /** SHA-256 of the network, hexadecimal. */
  readonly version: string
  /** What the pictures that it was trained on went through. */
  readonly source: Fingerprint
}

/** Reads the network and what its manifest says of it. @throws ModelFault, or the file system's Error where a file cannot be read */
export async function readPatchBundle(folder: string): Promise<PatchBundle> {
  const path = join(folder, MANIFEST)
  const parsed = manifestSchema.safeParse(json(await readFile(path, 'utf8')))
  if (!parsed.success) {
    const { path: field, message } = parsed.error.issues[0]
    throw new ModelFault(`${path}, field "${field.join('.')}": ${message}; expected a folder that \`python -m training.discopatch\` wrote`)
  }
  const { model, preprocessing, patchGrid, source } = parsed.data
  const { width: size, kernel } = preprocessing.resize
  const grid = patchGridSchema.safeParse({ ...patchGrid, size, kernel })
  if (!grid.success) {
    const { path: field, message } = grid.error.issues[0]
    throw new ModelFault(`${path}, field "patchGrid.${field.join('.')}": ${message}; train the network again`)
  }
  if (grid.data.rows * grid.data.columns !== model.patchesPerPicture)
    throw new ModelFault(
      `${path}, field "model.patchesPerPicture": ${model.patchesPerPicture}, but the grid has ${grid.data.rows} x ${grid.data.columns} patches; train it again`,
    )
  const bytes = new Uint8Array(await readFile(join(folder, MODEL)))
  const version = createHash('sha256').update(bytes).digest('hex')
  if (version !== model.sha256)
    throw new ModelFault(
      `${join(folder, MODEL)} is not the network of its manifest: SHA-256 ${version.slice(0, 12)}, expected ${model.sha256.slice(0, 12)}; copy both files of one run`,
    )
  return { model: bytes, grid: grid.data, version, source }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
