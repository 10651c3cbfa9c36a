import type { CodecKind } from './codec-kind.js'
import { csv } from './csv.js'
import { float32, float64 } from './floats.js'
import { image } from './image.js'
import { json } from './json.js'

/** Every codec that a configuration may name. */
export const codecs: readonly CodecKind[] = [json, csv, float32, float64, image]
