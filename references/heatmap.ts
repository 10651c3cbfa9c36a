import type { PictureMap } from '../backbones/embedder.js'
import { encodePng } from '../pictures/encode.js'
import { heatmap } from '../pictures/heatmap.js'
import { type Places, unusualPlaces } from './places.js'

/** A PNG of where in a picture the tap's positions are unlike those of the reference; `overlaid`: over the picture in grey. */
export function heatmapPng(places: Places, map: PictureMap, overlaid: boolean): Promise<Buffer> {
  const unusual = unusualPlaces(places, map)
  const { overlay, bare } = heatmap(unusual, map.picture, unusual)
  return encodePng(overlaid ? overlay : bare)
}
