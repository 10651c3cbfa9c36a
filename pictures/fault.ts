/** Why bytes could not become a picture. Closed: these are metric labels. */
export const pictureReasons = [
  'picture_empty',
  'picture_format',
  'picture_too_large',
  'picture_too_many_pixels',
  'picture_too_small',
  'picture_animated',
  'picture_truncated',
  'picture_broken',
] as const
export type PictureReason = (typeof pictureReasons)[number]

export interface PictureFault {
  readonly reason: PictureReason
  /** One line for a person: what was found, what was expected. */
  readonly detail: string
}

export interface PictureLimits {
  /** Most bytes of the file. */
  readonly bytes: number
  /** Most pixels, width x height as the header says, looked at before anything is decoded. */
  readonly pixels: number
  /** Fewest pixels along the shorter side. */
  readonly side: number
}

export const defaultPictureLimits: PictureLimits = { bytes: 20e6, pixels: 50e6, side: 8 }
