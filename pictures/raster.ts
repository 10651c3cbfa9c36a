/** A decoded picture: `rgb` holds height x width x 3 bytes, row by row from the top, R G B of each pixel together (HWC), sRGB. */
export interface Raster {
  readonly width: number
  readonly height: number
  readonly rgb: Uint8Array
}
