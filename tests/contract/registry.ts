import { describe, expect, it } from 'vitest'
import type { ComponentContext } from '../../connectors/component.js'
import { silent } from './silent-logger.js'

/** What a component of a registry is tried on. */
export interface ContractCase {
  /** Why it cannot be tried here, such as that there is no broker. */
  readonly skip?: string | undefined
}

export const context: ComponentContext = { monitor: 'test', logger: silent }

/**
 * Runs a kind's contract over its registry. An entry's cases are called by its type, or by its type, a comma and what is special:
 * `file`, `file, npy`. An entry without a case fails, and so does a case without an entry.
 */
export function describeRegistry<Entry extends { readonly type: string }, Case extends ContractCase>(
  kind: string,
  registry: readonly Entry[],
  cases: Readonly<Record<string, Case>>,
  describeContract: (name: string, entry: Entry, each: Case) => void,
): void {
  const named = Object.entries(cases).map(([name, each]) => ({
    name,
    each,
    entry: registry.find(({ type }) => type === name.split(',')[0]),
  }))

  it(`the registry of ${kind} and its cases name the same types`, () => {
    const untried = registry.filter((entry) => !named.some((each) => each.entry === entry)).map(({ type }) => type)
    expect(untried, `${kind} without a contract case: add one for each to tests/contract/${kind}.test.ts, called by its type`).toEqual([])
    const unknown = named.filter(({ entry }) => entry === undefined).map(({ name }) => name)
    expect(unknown, `cases of tests/contract/${kind}.test.ts whose type is not in the registry: rename or remove them`).toEqual([])
  })

  for (const { name, each, entry } of named) {
    if (entry === undefined) continue
    describe.skipIf(each.skip)(`${kind}${each.skip === undefined ? '' : ` (${each.skip})`}`, () => describeContract(name, entry, each))
  }
}
