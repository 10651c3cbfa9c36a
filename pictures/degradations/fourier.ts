/** A complex image, h x w row-major; both sides powers of two. */
export interface Complex {
  readonly real: Float64Array
  readonly imaginary: Float64Array
  readonly height: number
  readonly width: number
}

/**
 * Multiplies the image's spectrum by a real gain of the radial frequency (0 at the mean, 0.5 at the Nyquist frequency of an axis, up to
 * 0.71 in the corners; cycles per pixel). As the gain is real and symmetric, a real image in each part is filtered on its own.
 * Cooley-Tukey, radix 2: decimation in frequency on the way there and in time on the way back, so nothing is put in bit-reversed order.
 */
export function filterRadially(image: Complex, gain: (frequency: number) => number): Complex {
  const spectrum = there(transpose(there(image)))
  const { real, imaginary, height, width } = spectrum
  const [rows, columns] = [frequencies(height), frequencies(width)]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const factor = gain(Math.sqrt(rows[y] * rows[y] + columns[x] * columns[x])) / (height * width)
      real[y * width + x] *= factor
      imaginary[y * width + x] *= factor
    }
  return back(transpose(back(spectrum)))
}

/** Cycles per pixel of each place of a bit-reversed spectrum, without sign. */
function frequencies(n: number): Float64Array {
  const found = new Float64Array(n)
  for (let bit = 1, weight = n >> 1; bit < n; bit <<= 1, weight >>= 1) for (let i = 0; i < n; i++) if (i & bit) found[i] += weight
  return found.map((index) => Math.min(index, n - index) / n)
}

/** The transform of every column, in place. The innermost loop runs along the rows, where neighbours lie together. */
function there(image: Complex): Complex {
  const { real, imaginary, width } = image
  for (let span = image.height >> 1; span >= 1; span >>= 1)
    butterflies(image, span, (upper, lower, cos, sin) => {
      for (let x = 0; x < width; x++) {
        const a = upper + x
        const b = lower + x
        const r = real[a] - real[b]
        const i = imaginary[a] - imaginary[b]
        real[a] += real[b]
        imaginary[a] += imaginary[b]
        real[b] = r * cos + i * sin
        imaginary[b] = i * cos - r * sin
      }
    })
  return image
}

/** Its inverse, times the height. */
function back(image: Complex): Complex {
  const { real, imaginary, width } = image
  for (let span = 1; span < image.height; span <<= 1)
    butterflies(image, span, (upper, lower, cos, sin) => {
      for (let x = 0; x < width; x++) {
        const a = upper + x
        const b = lower + x
        const r = real[b] * cos - imaginary[b] * sin
        const i = imaginary[b] * cos + real[b] * sin
        real[b] = real[a] - r
        imaginary[b] = imaginary[a] - i
        real[a] += r
        imaginary[a] += i
      }
    })
  return image
}

/** Calls with the starts of each pair of rows that are `span` apart, and with the angle of their twiddle factor. */
function butterflies(
  { height, width }: Complex,
  span: number,
  pair: (upper: number, lower: number, cos: number, sin: number) => void,
): void {
  for (let k = 0; k < span; k++) {
    const angle = (Math.PI * k) / span
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
    for (let row = k; row < height; row += 2 * span) pair(row * width, (row + span) * width, cos, sin)
  }
}

function transpose({ real, imaginary, height, width }: Complex): Complex {
  const made = { real: new Float64Array(real.length), imaginary: new Float64Array(real.length), height: width, width: height }
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      made.real[x * height + y] = real[y * width + x]
      made.imaginary[x * height + y] = imaginary[y * width + x]
    }
  return made
}
