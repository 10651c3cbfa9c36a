import { useEffect, useMemo, useRef } from 'preact/hooks'
import { sigmas } from '../../alerts/words.js'
import type { StreamHistory } from '../../live/view.js'
import { colour, onTheme } from '../client/theme.js'
import { endsOf, type FeatureRow, featureRows, rangeOf } from '../model/columns.js'
import { stripSummary } from '../model/summary.js'
import { moment } from '../model/words.js'

const ROW = 18
const MOST = 8
/** Characters at the end of a name that are always shown, at most. */
const TAIL = 18

/** Its last two words: groups of a picture's features differ there. */
const tailOf = (name: string): number => Math.min(TAIL, / \S+ \S+$/.exec(name)?.[0].length ?? TAIL / 2)
/** Deviations, in standard deviations, from which the colour is full. */
const FULL = 5
const WHAT = 'distance from the reference’s mean, strongest first'

/** Which features were unusual over time, on the time axis of the chart above: one row each, the strongest first. */
export function Strip({ history }: { readonly history: StreamHistory }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const readout = useRef<HTMLSpanElement>(null)
  const rows = useMemo(() => featureRows(history, MOST), [history])
  useEffect(() => {
    const place = canvas.current
    if (place === null) return
    const draw = () => drawStrip(place, history, rows)
    draw()
    const observer = new ResizeObserver(draw)
    observer.observe(place)
    const stopTheme = onTheme(draw)
    const say = (text: string) => {
      if (readout.current !== null) readout.current.textContent = text
    }
    place.onmousemove = (event) => say(readAt(event, place.clientWidth, history, rows) ?? WHAT)
    place.onmouseleave = () => say(WHAT)
    return () => {
      observer.disconnect()
      stopTheme()
    }
  }, [history, rows])
  if (rows.length === 0) return null
  return (
    <figure class="strip">
      <h3>
        Features <small ref={readout}>{WHAT}</small>
        <Key />
      </h3>
      <div class="rows">
        <ul aria-hidden="true">
          {rows.map(({ feature }) => (
            <li key={feature} title={feature}>
              <span>{feature.slice(0, -tailOf(feature))}</span>
              <span>{feature.slice(-tailOf(feature))}</span>
            </li>
          ))}
        </ul>
        <canvas ref={canvas} height={rows.length * ROW} style={{ height: `${rows.length * ROW}px` }} />
      </div>
      <figcaption class="unseen">{stripSummary(rows)}</figcaption>
    </figure>
  )
}

const Key = () => (
  <span class="key" aria-hidden="true">
    −5σ <i class="below" />
    <i class="between" />
    <i class="above" /> +5σ
  </span>
)

function drawStrip(canvas: HTMLCanvasElement, history: StreamHistory, rows: readonly FeatureRow[]): void {
  const ratio = window.devicePixelRatio
  const { clientWidth: width } = canvas
  canvas.width = width * ratio
  canvas.height = rows.length * ROW * ratio
  const ink = canvas.getContext('2d')!
  ink.scale(ratio, ratio)
  const [from, to] = rangeOf(history)
  const ends = endsOf(history)
  const x = (time: number) => ((time - from) / (to - from)) * width
  const colours = { ground: colour('empty'), above: colour('above'), below: colour('below') }
  for (const [r, { sigmas }] of rows.entries()) {
    ink.globalAlpha = 1
    ink.fillStyle = colours.ground
    ink.fillRect(0, r * ROW + 1, width, ROW - 2)
    for (const [i, sigma] of strongestPerPixel(history.times, sigmas, x)) {
      ink.globalAlpha = Math.min(1, Math.abs(sigma) / FULL)
      ink.fillStyle = sigma > 0 ? colours.above : colours.below
      const left = x(history.times[i])
      ink.fillRect(left, r * ROW + 1, Math.max(1, x(ends[i]) - left), ROW - 2)
    }
  }
}

/** Of the spans that fall on one pixel the strongest. */
function strongestPerPixel(
  times: readonly number[],
  sigmas: FeatureRow['sigmas'],
  x: (time: number) => number,
): readonly (readonly [number, number])[] {
  const found = new Map<number, readonly [number, number]>()
  for (const [i, sigma] of sigmas.entries()) {
    if (sigma === null) continue
    const pixel = Math.floor(x(times[i]))
    if (Math.abs(sigma) > Math.abs(found.get(pixel)?.[1] ?? 0)) found.set(pixel, [i, sigma])
  }
  return [...found.values()]
}

function readAt({ offsetX, offsetY }: MouseEvent, width: number, history: StreamHistory, rows: readonly FeatureRow[]): string | undefined {
  const [from, to] = rangeOf(history)
  const time = from + ((to - from) * offsetX) / width
  const i = history.times.findLastIndex((start) => start <= time)
  const row = rows[Math.floor(offsetY / ROW)]
  if (i < 0 || row === undefined) return undefined
  const sigma = row.sigmas[i]
  return `${moment(history.times[i], to)} · ${row.feature} ${sigma === null ? 'not among those that stood out' : sigmas(sigma)}`
}
