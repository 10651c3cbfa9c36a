import { median } from '../figures.js'

/** One measurement of each contender, taken in the same minute. */
export type Round<Name extends string> = Readonly<Record<Name, number>>

/**
 * Measures the contenders in turn, `rounds` times, every other round in the opposite order: what else the machine does in that time
 * meets all of them. Compare within rounds.
 */
export async function alternate<Name extends string>(
  rounds: number,
  contenders: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Round<Name>[]> {
  const names = Object.keys(contenders) as Name[]
  const measured: Round<Name>[] = []
  for (let round = 0; round < rounds; round++) {
    const figures: Partial<Record<Name, number>> = {}
    for (const name of round % 2 === 0 ? names : names.toReversed()) figures[name] = await contenders[name]()
    measured.push(figures as Round<Name>)
  }
  return measured
}

/** "median (least - most)" in the given way of writing. */
export const spread = (values: readonly number[], write: (value: number) => string): string =>
  `${write(median(values))} (${write(Math.min(...values))} – ${write(Math.max(...values))})`
