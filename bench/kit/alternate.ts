import { median } from '../figures.js'

/**
 * Measures the contenders in turn, `rounds` times, every other round in the opposite order: what else the machine does in that time
 * meets all of them. Gives each contender's measurements; compare those of the same round. One that is undefined has none.
 */
export async function alternate<Name extends string, Figure>(
  rounds: number,
  contenders: Readonly<Record<Name, (() => Promise<Figure>) | undefined>>,
): Promise<Record<Name, Figure[]>> {
  const names = Object.keys(contenders) as Name[]
  const measured = Object.fromEntries(names.map((name): [string, Figure[]] => [name, []])) as Record<Name, Figure[]>
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const figure = await contenders[name]?.()
      if (figure !== undefined) measured[name].push(figure)
    }
  }
  return measured
}

/** Round by round, what the one is of the other. */
export const ratios = (these: readonly number[], those: readonly number[]): number[] => these.map((figure, i) => figure / those[i])

/** "median (least - most)" in the given way of writing. */
export const spread = (values: readonly number[], write: (value: number) => string): string =>
  `${write(median(values))} (${write(Math.min(...values))} – ${write(Math.max(...values))})`
