import type { Fingerprint } from './fingerprint.js'

/** Part of the pictures that may be of another format or sampling. */
const MOST_OTHERS = 0.25
/** By what the median may lie beyond the middle 80 % of the other pictures: grades of JPEG quality, and a factor of resizing. */
const QUALITY = 5
const RESIZING = 1.25

/**
 * How pictures came here on another path than those that a network was trained on, a line for each way, none where no clear difference
 * shows. Traces of resampling and JPEG tell two sets of pictures apart by themselves, whatever they show.
 */
export function otherPath(found: Fingerprint, trained: Fingerprint): string[] {
  const lines: string[] = []
  if (othersIn(found.formats, trained.formats) > MOST_OTHERS)
    lines.push(`they are ${partsText(found.formats)}, the network was trained on ${partsText(trained.formats)}`)
  const [resizing, resized] = [found.resizeFactor.p50, trained.resizeFactor]
  if (resizing < resized.p10 / RESIZING || resizing > resized.p90 * RESIZING)
    lines.push(`half of them are resized by ${short(resizing)} or less, those of the training by ${rangeText(resized)}`)
  if (found.jpegQuality === null || trained.jpegQuality === null) return lines
  const [quality, usual] = [found.jpegQuality.p50, trained.jpegQuality]
  if (quality < usual.p10 - QUALITY || quality > usual.p90 + QUALITY)
    lines.push(`half of their JPEGs have a quality of ${short(quality)} or less, those of the training ${rangeText(usual)}`)
  if (othersIn(found.chromaSampling, trained.chromaSampling) > MOST_OTHERS)
    lines.push(`the chroma of their JPEGs is ${partsText(found.chromaSampling)}, of the training's ${partsText(trained.chromaSampling)}`)
  return lines
}

type Counts = Readonly<Record<string, number>>
const total = (counts: Counts): number => Object.values(counts).reduce((sum, count) => sum + count, 0)
const part = (counts: Counts, name: string): number => (counts[name] ?? 0) / total(counts)

/** Total variation distance of two mixtures, 0 to 1. */
const othersIn = (one: Counts, other: Counts): number =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].reduce(
    (sum, name) => sum + Math.abs(part(one, name) - part(other, name)) / 2,
    0,
  )

const short = (value: number): string => String(Number(value.toPrecision(3)))
const rangeText = ({ p10, p90 }: { p10: number; p90: number }): string => (p10 === p90 ? short(p10) : `${short(p10)} to ${short(p90)}`)
const partsText = (counts: Counts): string =>
  Object.keys(counts)
    .toSorted((a, b) => counts[b] - counts[a])
    .map((name) => `${Math.round(100 * part(counts, name))} % ${name}`)
    .join(', ')
