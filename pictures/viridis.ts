/** Coefficients of t^0 to t^6 for red, green and blue: Matt Zucker's fit to matplotlib's viridis (public domain), within 4 levels of it. */
const fit = [
  [0.2777273272234177, 0.005407344544966578, 0.3340998053353061],
  [0.1050930431085774, 1.404613529898575, 1.384590162594685],
  [-0.3308618287255563, 0.214847559468213, 0.09509516302823659],
  [-4.634230498983486, -5.799100973351585, -19.33244095627987],
  [6.228269936347081, 14.17993336680509, 56.69055260068105],
  [4.776384997670288, -13.74514537774601, -65.35303263337234],
  [-5.435455855934631, 4.645852612178535, 26.3124352495832],
] as const

/** 256 colours from dark violet over green to yellow, evenly spaced to the eye and to the colour-blind; R G B of each in turn. */
export const viridis = new Uint8ClampedArray(
  Array.from({ length: 256 * 3 }, (_, at) => 255 * fit.reduceRight((sum, power) => sum * (Math.floor(at / 3) / 255) + power[at % 3], 0)),
)
