import { useEffect, useMemo, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import type { ChangeView, RarityAxis, StreamHistory } from '../../live/view.js'
import { colour, onTheme } from '../client/theme.js'
import { briefly, type RarityScale, rarityScale } from '../model/axis.js'
import { columnsOf, rangeOf } from '../model/columns.js'
import { raritySummary } from '../model/summary.js'
import { moment, tickLabel } from '../model/words.js'
import { type Drawn, drawBehind, drawOver } from './rarity-marks.js'

/** Width of the labels on the left, so that charts one above the other share their time axis. */
const gutter = (width: number): number => (width < 520 ? 100 : 132)
const RIGHT = 30
const HEIGHT = 270

interface Props {
  readonly history: StreamHistory
  readonly axis: RarityAxis
  readonly budget: number
  readonly changes: readonly ChangeView[]
  /** The alert at a time (ms) was asked for. */
  readonly pick: (time: number) => void
}

/** How rare the stream's records and windows were over time: up is rarer. */
export function RarityChart({ history, axis, budget, changes, pick }: Props) {
  const frame = useRef<HTMLDivElement>(null)
  const readout = useRef<HTMLSpanElement>(null)
  const chart = useRef<Chart>(null)
  const picked = useRef(pick)
  picked.current = pick
  const drawn = useMemo(() => drawnOf(history, axis, budget, changes), [history, axis, budget, changes])
  useEffect(() => {
    const made = new Chart(frame.current!, drawn, readout.current!, (time) => picked.current(time))
    chart.current = made
    return () => made.destroy()
  }, [])
  useEffect(() => chart.current!.show(drawn), [drawn])
  return (
    <figure class="chart">
      <p class="readout" aria-hidden="true">
        <span ref={readout} />
        <span class="key">
          <i class="line" /> records <i class="line drift" /> windows
        </span>
      </p>
      <div ref={frame} class="plot" />
      <figcaption>{raritySummary(history, axis)}</figcaption>
    </figure>
  )
}

function drawnOf(history: StreamHistory, axis: RarityAxis, budget: number, changes: readonly ChangeView[]): Drawn {
  const columns = columnsOf(history)
  const scale = rarityScale(axis, history.record)
  return { history, axis, budget, changes, columns, scale, range: rangeOf(history) }
}

/** The chart of uPlot, which draws on a canvas of its own. */
class Chart {
  readonly #plot: uPlot
  readonly #observer: ResizeObserver
  readonly #stopTheme: () => void
  #drawn: Drawn

  constructor(
    frame: HTMLElement,
    drawn: Drawn,
    private readonly readout: HTMLElement,
    pick: (time: number) => void,
  ) {
    this.#drawn = drawn
    this.#plot = new uPlot(this.#options(frame.clientWidth), dataOf(drawn), frame)
    this.#observer = new ResizeObserver(([{ contentRect }]) => {
      const width = Math.floor(contentRect.width)
      if (width > 0 && width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT })
    })
    this.#observer.observe(frame)
    this.#stopTheme = onTheme(() => this.#plot.redraw(false))
    this.#plot.over.addEventListener('click', ({ offsetX }) => pick(this.#plot.posToVal(offsetX, 'x') * 1000))
    this.#read(null)
  }

  show(drawn: Drawn): void {
    this.#drawn = drawn
    this.#plot.setData(dataOf(drawn))
    this.#read(this.#plot.cursor.idx ?? null)
  }

  destroy(): void {
    this.#stopTheme()
    this.#observer.disconnect()
    this.#plot.destroy()
  }

  #options(width: number): uPlot.Options {
    return {
      width,
      height: HEIGHT,
      legend: { show: false },
      padding: [14, RIGHT, 0, 0],
      cursor: { y: false, points: { show: false }, drag: { setScale: false } },
      scales: {
        x: { range: () => [this.#drawn.range[0] / 1000, this.#drawn.range[1] / 1000] },
        y: { range: () => [0, 1.02] },
      },
      axes: [timeAxis(), rarityAxis(() => this.#drawn.scale)],
      series: [
        {},
        { stroke: () => colour('line'), width: 1.25, points: { show: false } },
        { stroke: () => colour('accent'), width: 2, points: { show: false }, paths: uPlot.paths.stepped!({ align: 1 }) },
      ],
      hooks: {
        drawClear: [(plot) => drawBehind(plot, this.#drawn)],
        draw: [(plot) => drawOver(plot, this.#drawn)],
        setCursor: [(plot) => this.#read(plot.cursor.idx ?? null)],
      },
    }
  }

  /** What the lines say under the pointer, else at the end. */
  #read(at: number | null): void {
    const { columns, axis, range } = this.#drawn
    const place = at ?? columns.times.length - 1
    const time = columns.times[place]
    if (time === undefined) return
    const parts = (['record', 'drift'] as const).flatMap((kind) => {
      const a = columns[kind][place]
      return a === null ? [] : [`${kind === 'drift' ? 'window' : 'record'} ${briefly(a, axis)}`]
    })
    this.readout.textContent = [moment(time * 1000, range[1]), ...(parts.length > 0 ? parts : ['no data'])].join(' · ')
  }
}

const dataOf = ({ columns, scale }: Drawn): uPlot.AlignedData => [
  [...columns.times],
  columns.record.map((a) => (a === null ? null : scale.height(a))),
  columns.drift.map((a) => (a === null ? null : scale.height(a))),
]

const font = '12px system-ui, sans-serif'

const timeAxis = (): uPlot.Axis => ({
  stroke: () => colour('quiet'),
  font,
  size: 28,
  space: 80,
  grid: { show: false },
  ticks: { stroke: () => colour('rule'), size: 4, width: 1 },
  values: (_plot, times, _axis, _space, step) => times.map((time) => tickLabel(time * 1000, step * 1000)),
})

const rarityAxis = (scale: () => RarityScale): uPlot.Axis => ({
  stroke: () => colour('quiet'),
  font,
  size: (plot) => gutter(plot.width),
  gap: 8,
  grid: { stroke: () => colour('rule'), width: 1 },
  ticks: { show: false },
  splits: (plot) =>
    scale()
      .ticks(22 / plot.height)
      .map(({ height }) => height),
  values: (_plot, heights) => {
    const ticks = scale().ticks(0)
    return heights.map((height) => ticks.find((tick) => tick.height === height)?.label ?? '')
  },
})
