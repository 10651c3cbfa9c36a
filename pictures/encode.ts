import sharp from 'sharp'
import type { Raster } from './raster.js'

const image = ({ width, height, rgb }: Raster) => sharp(rgb, { raw: { width, height, channels: 3 } })

/** `quality` as libjpeg counts it, 1 to 100. */
export const encodeJpeg = (raster: Raster, quality: number): Promise<Buffer> => image(raster).jpeg({ quality }).toBuffer()

/** Nothing is lost. */
export const encodePng = (raster: Raster): Promise<Buffer> => image(raster).png({ compressionLevel: 9, adaptiveFiltering: true }).toBuffer()
