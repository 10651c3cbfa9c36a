import type { Rows } from './rows.js'

/** What goes with rows beside their values. */
export type Beside = Pick<Rows, 'labels' | 'times' | 'groups'>

/** The same for up to n rows of other rows: `keep` adds what goes with rows [from, to), in the order of the calls. */
export function anotherBeside(
  { labels, times, groups }: Beside,
  n: number,
): { readonly beside: Beside; keep(from: number, to: number): void } {
  const labelled = labels?.another(n)
  const columns = { ...(times && { times: times.another(n) }), ...(groups && { groups: groups.another(n) }) }
  return {
    beside: { ...(labelled && { labels: labelled.labels }), ...columns },
    keep(from, to) {
      labelled?.keep(from, to)
      if (times) columns.times?.append(times.read(from, to))
      if (groups) columns.groups?.append(groups.read(from, to))
    },
  }
}

/** Gives the rows up, and what goes with them. */
export function closeRows({ store, labels, times, groups }: Rows): void {
  for (const one of [store, labels, times, groups]) one?.close()
}
