import type { Ref } from 'preact'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { count } from '../../alerts/words.js'
import type { MonitorView, RarityAxis, StreamRow } from '../../live/view.js'
import { statusWords } from '../model/life.js'
import { Glyph } from './glyph.js'
import { Spark } from './spark.js'
import { Ago } from './time.js'

const ROW = 46
/** Rows that are kept beyond both ends of what is seen. */
const SPARE = 4

interface Props {
  readonly monitor: MonitorView
  /** Undefined of a finished run. */
  readonly now: number | undefined
  readonly rows: readonly StreamRow[]
  readonly chosen: string | undefined
  readonly search: string
  readonly box: Ref<HTMLInputElement | null>
  readonly setSearch: (text: string) => void
  readonly choose: (stream: string) => void
}

/** All streams, the most urgent first. Only the rows that are seen are in the document. */
export function Streams({ monitor, now, rows, chosen, search, box, setSearch, choose }: Props) {
  return (
    <section class="streams" aria-labelledby="streams-title">
      <h2 id="streams-title">
        Streams <small>most urgent first</small>
      </h2>
      <div class="search">
        <input
          ref={box}
          type="search"
          placeholder="search"
          aria-label="Search streams"
          aria-keyshortcuts="/"
          value={search}
          onInput={({ currentTarget }) => setSearch(currentTarget.value)}
        />
        <span class="count">{countWords(monitor, rows.length, search)}</span>
      </div>
      {rows.length === 0 ? (
        <p class="empty">{search === '' ? 'No streams yet: they appear with their first record.' : 'No stream matches.'}</p>
      ) : (
        <VirtualList rows={rows} axis={monitor.axis} now={now} chosen={chosen} choose={choose} />
      )}
    </section>
  )
}

function countWords({ streams, streamCount }: MonitorView, shown: number, search: string): string {
  if (search !== '') return `${count(shown)} of ${count(streams.length)}`
  return streamCount > streams.length ? `${count(streams.length)} listed of ${count(streamCount)}` : count(streamCount)
}

interface ListProps {
  readonly rows: readonly StreamRow[]
  readonly axis: RarityAxis
  readonly now: number | undefined
  readonly chosen: string | undefined
  readonly choose: (stream: string) => void
}

function VirtualList({ rows, axis, now, chosen, choose }: ListProps) {
  const list = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  const [height, setHeight] = useState(600)
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => setHeight(contentRect.height))
    observer.observe(list.current!)
    return () => observer.disconnect()
  }, [])
  const at = rows.findIndex(({ name }) => name === chosen)
  // Not when rows only change places: who has scrolled elsewhere stays there.
  useEffect(() => keepInSight(list.current!, at), [chosen])
  const first = Math.max(0, Math.floor(top / ROW) - SPARE)
  const last = Math.min(rows.length, Math.ceil((top + height) / ROW) + SPARE)
  return (
    <div
      ref={list}
      class="list"
      role="listbox"
      tabIndex={0}
      aria-labelledby="streams-title"
      aria-activedescendant={at >= first && at < last ? `stream-${at}` : undefined}
      onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
    >
      <div role="presentation" style={{ height: `${rows.length * ROW}px` }}>
        {rows.slice(first, last).map((row, i) => (
          <Row
            key={row.name}
            row={row}
            place={first + i}
            of={rows.length}
            axis={axis}
            now={now}
            chosen={row.name === chosen}
            choose={choose}
          />
        ))}
      </div>
    </div>
  )
}

function keepInSight(list: HTMLElement, at: number): void {
  if (at < 0) return
  if (at * ROW < list.scrollTop) list.scrollTop = at * ROW
  else if ((at + 1) * ROW > list.scrollTop + list.clientHeight) list.scrollTop = (at + 1) * ROW - list.clientHeight
}

interface RowProps {
  readonly row: StreamRow
  readonly place: number
  readonly of: number
  readonly axis: RarityAxis
  readonly now: number | undefined
  readonly chosen: boolean
  readonly choose: (stream: string) => void
}

const Row = ({ row, place, of, axis, now, chosen, choose }: RowProps) => (
  // biome-ignore lint/a11y/useKeyWithClickEvents: the page's keys choose a stream (client/keys.ts)
  // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus, and names its active row
  <div
    id={`stream-${place}`}
    class="row"
    role="option"
    aria-selected={chosen}
    aria-setsize={of}
    aria-posinset={place + 1}
    style={{ transform: `translateY(${place * ROW}px)` }}
    onClick={() => choose(row.name)}
  >
    <Glyph shape={row.status === 'open' ? (row.severity ?? 'info') : row.status} />
    <span class="label" title={row.name}>
      {row.name}
    </span>
    <Spark values={row.spark} axis={axis} />
    <span class={`word ${row.severity === undefined ? '' : `ink-${row.severity}`}`}>{statusWords(row)}</span>
    <span class="age">{now !== undefined && <Ago at={row.seen} now={now} />}</span>
  </div>
)
