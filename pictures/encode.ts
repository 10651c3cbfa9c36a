import sharp from 'sharp'
import type { Raster } from './raster.js'

const image = ({ width, height, rgb }: Raster) => sharp(rgb, { raw: { width, height, channels: 3 } })

/** `quality` as libjpeg counts it, 1 to 100. */
export const encodeJpeg = (raster: Raster, quality: number): Promise<Buffer> => image(raster).jpeg({ quality }).toBuffer()

/** Nothing is lost. `compression` as zlib counts it, 0 to 9. */
export const encodePng = (raster: Raster, compression = 9): Promise<Buffer> =>
  image(raster)
    .png({ compressionLevel: compression, adaptiveFiltering: compression === 9 })
    .toBuffer()
