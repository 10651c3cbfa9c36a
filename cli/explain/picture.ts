import { readFile } from 'node:fs/promises'
import type { PictureMap } from '../../backbones/embedder.js'
import type { MonitorConfig } from '../../config/monitor.js'
import { image } from '../../connectors/codecs/image.js'
import type { Records } from '../../connectors/records.js'
import { mapOf } from '../../kinds/feature-map.js'
import type { Reference } from '../../references/reference.js'
import { unreadable } from '../exit.js'
import { makeCodec } from '../host.js'
import { type Backbone, backboneOf, checkedPictures } from '../picture-backbone.js'
import { Decoder, type Found } from './find.js'
import { contextOf, recordOfInput } from './input.js'

/** A record that is a picture. */
export interface FoundPicture {
  readonly found: Found
  readonly backbone: Backbone
  /** Where the backbone has one and it was asked for. */
  readonly map: PictureMap | undefined
}

/** A picture of the monitor's input (`at`) or a file of its own, through the monitor's backbone. @throws CommandError */
export async function findPicture(
  config: MonitorConfig,
  reference: Reference,
  place: { readonly at: string } | { readonly file: string },
  mapped: boolean,
): Promise<FoundPicture> {
  const backbone = await backboneOf(config)
  if (backbone === undefined) throw new Error(`monitor ${config.name} has no pictures`)
  const context = contextOf(config.name)
  const { features, mayMiss } = mapOf(reference)
  const maxMessageBytes = config.limits.messageBytes
  const codec =
    'at' in place
      ? await makeCodec(config, mapOf(reference), context)
      : image.create(image.schema.parse({}), { ...context, features, mayMiss, columns: undefined, maxMessageBytes })
  const pictures = await checkedPictures(config, reference, backbone, codec)
  try {
    let last: Records | undefined
    const embed = (records: Records) => {
      last = records
      return pictures.embed(records)
    }
    const found =
      'at' in place
        ? await recordOfInput(config, place.at, reference, embed)
        : await new Decoder(codec, reference, undefined, embed).subject(
            { offset: 0, timestamp: Date.now(), key: null, value: await readFile(place.file).catch(unreadable(place.file)) },
            place.file,
          )
    const map = mapped && backbone.description.map !== undefined && last !== undefined ? await pictures.map(last, 0) : undefined
    return { found, backbone, map }
  } finally {
    await pictures.close()
  }
}
