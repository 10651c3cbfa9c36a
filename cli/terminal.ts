import type { WriteStream } from 'node:tty'
import { type Paint, painter, showsColour } from '../telemetry/terminal.js'

/** Where commands write: a terminal, a pipe or a test. */
export type Output = Pick<NodeJS.WritableStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'hasColors' | 'columns'>>

export const paintFor = (out: Output): Paint => painter(showsColour(out))

const escapes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')
/** Columns that a text takes: escape codes take none. */
const width = (text: string): number => [...text.replaceAll(escapes, '')].length

/** Rows in aligned columns, two blanks apart; numbers to the right. The first row is the head. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const cells = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-GB') : cell)))
  const columns = Math.max(0, ...cells.map((row) => row.length))
  const indices = Array.from({ length: columns }, (_, index) => index)
  const widths = indices.map((column) => Math.max(...cells.map((row) => width(row[column] ?? ''))))
  const right = indices.map((column) => rows.slice(1).some((row) => typeof row[column] === 'number'))
  return cells
    .map((row) =>
      row
        .map((cell, column) => {
          const space = ' '.repeat(widths[column] - width(cell))
          return right[column] ? space + cell : cell + space
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

export interface Progress {
  /** Tells how far the work is, in units of the total. */
  update(done: number, note?: string): void
  /** Ends the bar; what is written next begins a line. */
  end(): void
}

/** Between two redrawings of a bar, and between two plain lines. */
const redrawMs = 100
const lineMs = 5000

/**
 * Progress of long work: a bar that redraws on a terminal, else a plain line at every further tenth or every 5 s.
 * Without a known total, the count alone. Goes to standard error, so that output can be piped.
 */
export function progress(
  label: string,
  total: number | undefined,
  out: Output = process.stderr,
  now: () => number = () => performance.now(),
): Progress {
  const live = out.isTTY === true
  let shownAt = Number.NEGATIVE_INFINITY
  let shownTenth = 0

  const line = (done: number, note: string) => {
    const count = done.toLocaleString('en-GB')
    if (total === undefined || total <= 0) return `${label}  ${count}${note}`
    const share = Math.min(1, done / total)
    const bar = live ? `${'█'.repeat(Math.round(share * 24)).padEnd(24, '░')} ` : ''
    return `${label}  ${bar}${`${Math.floor(share * 100)}`.padStart(3)} %  ${count} of ${total.toLocaleString('en-GB')}${note}`
  }
  const due = (done: number) => {
    const elapsed = now() - shownAt
    if (live) return elapsed >= redrawMs || done === total
    const tenth = total === undefined ? 0 : Math.floor((10 * done) / total)
    const further = tenth > shownTenth
    shownTenth = Math.max(tenth, shownTenth)
    return further || elapsed >= lineMs
  }
  return {
    update(done, note = '') {
      if (!due(done)) return
      shownAt = now()
      const text = line(done, note === '' ? '' : `  ${note}`)
      out.write(live ? `\r\u001b[2K${[...text].slice(0, (out.columns ?? 80) - 1).join('')}` : `${text}\n`)
    },
    end() {
      if (live) out.write('\n')
    },
  }
}
