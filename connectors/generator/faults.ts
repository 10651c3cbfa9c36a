/** A fault that is worked into made-up rows. */
export interface Fault {
  readonly kind: 'burst' | 'correlation' | 'shift'
  /** First row of the fault, and how many rows of the whole input it spans. */
  readonly at: number
  readonly rows: number
  /** The stream that it hits; all when undefined. */
  readonly stream?: string | undefined
  /** Height in sigmas of the features that it hits; a correlation break has none. */
  readonly size: number
}

/** Which features a fault of a kind moves, and by how much of its size. */
const effects: Readonly<Record<'burst' | 'shift', Readonly<Record<string, number>>>> = {
  burst: { latency_p95: 1, error_rate: 0.8, queue_depth: 0.6 },
  shift: { memory: 1, gc_pause: 0.8 },
}

/** The features that go their own way in a correlation break: each alone looks as always. */
const parted: readonly string[] = ['cpu', 'queue_depth']

/** How far the faults move a feature, in sigmas: a burst at once, a shift growing evenly to its size at half its rows and staying there. */
export function offsetOf(faults: readonly Fault[], feature: string, row: number): number {
  let offset = 0
  for (const { kind, at, rows, size } of faults) {
    if (kind === 'correlation') continue
    const grown = kind === 'burst' ? 1 : Math.min(1, (2 * (row - at + 1)) / rows)
    offset += size * grown * (effects[kind][feature] ?? 0)
  }
  return offset
}

export const correlationBroken = (faults: readonly Fault[], feature: string): boolean =>
  parted.includes(feature) && faults.some(({ kind }) => kind === 'correlation')
