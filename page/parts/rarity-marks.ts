import type uPlot from 'uplot'
import { rank, type Severity } from '../../alerts/severity.js'
import type { ChangeView, Episode, RarityAxis, StreamHistory } from '../../live/view.js'
import { colour } from '../client/theme.js'
import type { RarityScale } from '../model/axis.js'
import type { Columns } from '../model/columns.js'
import { perDay } from '../model/words.js'

/** Everything that the chart of rarity shows. */
export interface Drawn {
  readonly history: StreamHistory
  readonly axis: RarityAxis
  /** False alarms per day that were asked for. */
  readonly budget: number
  readonly changes: readonly ChangeView[]
  readonly columns: Columns
  readonly scale: RarityScale
  /** Data time, ms. */
  readonly range: readonly [number, number]
}

/** Height of an episode's bar at the top, CSS pixels; one row for each kind that is open at the same time. */
const BAR = 5

/** Below so many pixels words are fewer. */
const NARROW = 420

/** Dots nearer to each other would be a line. */
const APART = 5

/** A canvas in CSS pixels, and where the plot is on it. */
interface Pen {
  readonly ink: CanvasRenderingContext2D
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
  x(time: number): number
  y(a: number): number
}

function penOf(plot: uPlot, { scale, range }: Drawn, ratio: number): Pen {
  const [left, top, width, height] = [plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height].map((x) => x / ratio)
  return {
    ink: plot.ctx,
    left,
    top,
    width,
    height,
    x: (time) => left + (width * (time - range[0])) / (range[1] - range[0]),
    y: (a) => top + height * (1 - scale.height(a) / 1.02),
  }
}

/** Draws in CSS pixels, inside of the plot only. */
function within(plot: uPlot, drawn: Drawn, draw: (pen: Pen) => void): void {
  const ratio = plot.bbox.width / plot.over.clientWidth || 1
  const pen = penOf(plot, drawn, ratio)
  pen.ink.save()
  pen.ink.scale(ratio, ratio)
  pen.ink.beginPath()
  pen.ink.rect(pen.left, pen.top - 12, pen.width, pen.height + 12)
  pen.ink.clip()
  draw(pen)
  pen.ink.restore()
}

/** Behind the lines: how severe a rarity is read as, what the reference cannot tell, and when alerts were open. */
export function drawBehind(plot: uPlot, drawn: Drawn): void {
  within(plot, drawn, (pen) => {
    drawBands(pen, drawn.axis)
    drawHatch(pen, drawn.axis)
    for (const episode of [...drawn.history.episodes].sort(bySeverity)) drawEpisode(pen, episode, drawn)
  })
}

/** Over the lines: the budget, what is over it, and what was changed. */
export function drawOver(plot: uPlot, drawn: Drawn): void {
  within(plot, drawn, (pen) => {
    drawBudget(pen, drawn)
    drawOverBudget(pen, drawn)
    for (const change of drawn.changes) drawChange(pen, change)
  })
}

const bySeverity = (one: Episode, other: Episode): number => rank(one.severity) - rank(other.severity)

function drawBands({ ink, left, width, y }: Pen, { bar, bands, resolution }: RarityAxis): void {
  const steps: readonly { readonly severity: Severity; readonly from: number }[] = [{ severity: 'info', from: bar }, ...bands]
  for (const [i, { severity, from }] of steps.entries()) {
    const to = Math.min(steps[i + 1]?.from ?? resolution, resolution)
    if (to <= from) continue
    ink.globalAlpha = 0.09
    ink.fillStyle = colour(severity)
    ink.fillRect(left, y(to), width, y(from) - y(to))
    ink.globalAlpha = 1
    if (y(from) - y(to) > 14) label({ ink }, severity, left + 8, y(to) + 14, colour(severity))
  }
  ink.globalAlpha = 1
}

function drawHatch({ ink, left, top, width, y }: Pen, { resolution }: RarityAxis): void {
  const bottom = y(resolution)
  ink.save()
  ink.beginPath()
  ink.rect(left, top, width, bottom - top)
  ink.clip()
  ink.strokeStyle = colour('hatch')
  ink.lineWidth = 1
  ink.beginPath()
  for (let x = left - (bottom - top); x < left + width; x += 7) {
    ink.moveTo(x, bottom)
    ink.lineTo(x + bottom - top, top)
  }
  ink.stroke()
  ink.restore()
  label(
    { ink },
    width < NARROW ? 'the reference cannot tell' : 'rarer: the reference cannot tell how much',
    left + 8,
    top + 14,
    colour('quiet'),
  )
}

function drawEpisode(pen: Pen, { from, to = Number.POSITIVE_INFINITY, severity, kind }: Episode, { range }: Drawn): void {
  if (to < range[0] || from > range[1]) return
  const { ink, top, height, x } = pen
  const left = x(Math.max(from, range[0]))
  const width = Math.max(2, x(Math.min(to, range[1])) - left)
  ink.fillStyle = colour(severity)
  ink.globalAlpha = 0.1
  ink.fillRect(left, top, width, height)
  ink.globalAlpha = 1
  ink.fillRect(left, top - 12 + (kind === 'record' ? 0 : BAR + 1), width, BAR)
}

function drawBudget({ ink, left, width, y }: Pen, { axis: { bar }, budget }: Drawn): void {
  const at = Math.round(y(bar)) + 0.5
  ink.strokeStyle = colour('ink')
  ink.lineWidth = 1
  ink.setLineDash([6, 3])
  ink.beginPath()
  ink.moveTo(left, at)
  ink.lineTo(left + width, at)
  ink.stroke()
  ink.setLineDash([])
  label(
    { ink },
    width < NARROW ? `budget ${perDay(budget)}` : `alerts open above: all detectors together ${perDay(budget)}`,
    left + 8,
    at + 15,
    colour('ink'),
  )
}

function drawOverBudget({ ink, x, y }: Pen, { history: { times, record, span }, axis }: Drawn): void {
  ink.fillStyle = colour('ink')
  let last = Number.NEGATIVE_INFINITY
  for (const [i, a] of record.entries()) {
    const place = x(times[i] + span / 2)
    if (a === null || a < axis.bar || place < last + APART) continue
    last = place
    ink.beginPath()
    ink.arc(place, y(a), 1.6, 0, 2 * Math.PI)
    ink.fill()
  }
}

function drawChange({ ink, top, height, left, width, x }: Pen, { what, version, at }: ChangeView): void {
  const place = Math.round(x(at)) + 0.5
  if (place < left || place > left + width) return
  ink.strokeStyle = colour('quiet')
  ink.lineWidth = 1
  ink.setLineDash([2, 3])
  ink.beginPath()
  ink.moveTo(place, top)
  ink.lineTo(place, top + height)
  ink.stroke()
  ink.setLineDash([])
  const right = place > left + width - 120
  label({ ink }, `▲ ${what} ${version.slice(0, 14)}`, place + (right ? -4 : 4), top + height - 6, colour('ink'), right ? 'right' : 'left')
}

/** Words on a ground of their own, so that lines do not cross them. */
function label({ ink }: Pick<Pen, 'ink'>, text: string, x: number, y: number, fill: string, align: CanvasTextAlign = 'left'): void {
  ink.font = '12px system-ui, sans-serif'
  ink.textAlign = align
  const { width } = ink.measureText(text)
  ink.fillStyle = colour('ground')
  ink.globalAlpha = 0.8
  ink.fillRect(align === 'right' ? x - width - 3 : x - 3, y - 11, width + 6, 15)
  ink.globalAlpha = 1
  ink.fillStyle = fill
  ink.fillText(text, x, y)
}
