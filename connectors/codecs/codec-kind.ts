import type { z } from 'zod'
import type { CodecComponent } from '../component.js'
import type { RawRecord } from '../records.js'
import { lastSegment } from './path.js'

/** What may tell the names of the features before any reference exists. */
export interface Layout {
  /** Column names of a delimited file. */
  readonly columns: readonly string[] | undefined
  /** The first record of the input: its length gives the dimension of unnamed vectors. */
  readonly sample: RawRecord | undefined
}

/** A codec that can also say which features its options mean: `fit` names the reference's features by it. */
export interface CodecKind<S extends z.ZodType = z.ZodType> extends CodecComponent<S> {
  /**
   * Names of the features in the order of the row: those of the options, else those of the file's columns,
   * else x0, x1, … as many as the sample holds. Undefined when none of them tells.
   */
  featureNames(options: z.output<S>, layout: Layout): readonly string[] | undefined
}

/** The names x0, x1, …, x(d-1) of a vector whose features have none. */
export const unnamed = (d: number): string[] => Array.from({ length: d }, (_, index) => `x${index}`)

/**
 * Checks that a codec's declared features are those of the reference, in the same order.
 * A path counts as the feature that its last segment names: `data.amount` decodes the feature `amount`.
 * Throws an `Error` that names the first difference.
 */
export function checkFeatures(option: string, declared: readonly string[], expected: readonly string[]): void {
  if (declared.length !== expected.length) {
    throw new Error(
      `${option}: names ${declared.length} features, but the reference has ${expected.length} (${preview(expected)}); name the same features in the same order`,
    )
  }
  const index = declared.findIndex((name, i) => name !== expected[i] && lastSegment(name) !== lastSegment(expected[i]))
  if (index === -1) return
  throw new Error(
    `${option}[${index}]: is "${declared[index]}", but the reference's feature ${index} is "${expected[index]}"; name the reference's features in its order (${preview(expected)}) or fit the reference again`,
  )
}

const preview = (names: readonly string[]): string => `${names.slice(0, 8).join(', ')}${names.length > 8 ? ', …' : ''}`
