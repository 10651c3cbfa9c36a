import sharp from 'sharp'

const [WIDTH, HEIGHT] = [320, 256]
/** Cycles across the picture of each channel: coarse colour, and detail that a wrong kernel or order of colours would change. */
const patterns = [
  [1.5, 0.5, 0.25],
  [6, 9, 4],
  [23, 17, 31],
] as const

/**
 * A few made-up JPEG files: waves of colour, coarse and fine. Whoever turns pictures into features can be asked for theirs at any time,
 * so that a change of decoder, resampling, colour order or network shows.
 */
export const goldenPictures = (): Promise<Buffer[]> => Promise.all(patterns.map(waves))

function waves(cycles: readonly [number, number, number]): Promise<Buffer> {
  const rgb = new Uint8Array(WIDTH * HEIGHT * 3)
  for (let y = 0, at = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++)
      for (const [channel, cycle] of cycles.entries())
        rgb[at++] =
          127.5 + 100 * Math.sin(2 * Math.PI * cycle * (x / WIDTH + (channel * y) / HEIGHT)) + 27 * Math.cos((y / HEIGHT) * 6 * cycle)
  return sharp(rgb, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 90, chromaSubsampling: '4:4:4' })
    .toBuffer()
}
