import { z } from 'zod'
import type { Component } from '../connectors/component.js'

/** A component of any kind, whatever its options are. */
type AnyComponent = Component<z.ZodType, unknown, never>
type ContextOf<Kind extends AnyComponent> = Parameters<Kind['create']>[1]
type MadeOf<Kind extends AnyComponent> = ReturnType<Kind['create']>

/** A component that was chosen and configured, ready to be made. */
export class Choice<Kind extends AnyComponent = AnyComponent> {
  /** Its name in the configuration. */
  readonly type: string
  /** Its options as the component's own schema gives them out. */
  readonly options: unknown
  readonly #component: Kind

  constructor(component: Kind, options: unknown) {
    this.type = component.type
    this.options = options
    this.#component = component
  }

  get component(): Kind {
    return this.#component
  }

  /** Makes the component. Does no I/O. */
  create(context: ContextOf<Kind>): MadeOf<Kind> {
    return this.#component.create(this.options, context as never) as MadeOf<Kind>
  }
}

/** One optional field per component: the shape of a block that names its component by its one key. */
export const choiceShape = (components: readonly AnyComponent[]): Record<string, z.ZodOptional<z.ZodType>> =>
  Object.fromEntries(components.map(({ type, title, schema }) => [type, schema.describe(title).optional()]))

/** The component that a block of `choiceShape` names; reports an issue and returns `z.NEVER` unless it names exactly one. */
export function chosen<Kind extends AnyComponent>(
  components: readonly Kind[],
  block: Readonly<Record<string, unknown>>,
  context: z.core.$RefinementCtx,
): Choice<Kind> {
  const named = components.filter(({ type }) => block[type] !== undefined)
  const [component] = named
  if (named.length === 1 && component !== undefined) return new Choice(component, block[component.type])
  if (context.issues.length === 0) {
    const types = components.map(({ type }) => type).join(', ')
    const present = named.length === 0 ? 'none' : named.map(({ type }) => type).join(' and ')
    context.addIssue({ code: 'custom', message: `expected exactly one of ${types}; here is ${present}` })
  }
  return z.NEVER
}

/** A position that takes one component: a block with exactly one key, the component's type. */
export const choice = <Kind extends AnyComponent>(components: readonly Kind[]) =>
  z
    .strictObject(choiceShape(components))
    .meta({ minProperties: 1, maxProperties: 1 })
    .transform((block, context) => chosen(components, block, context))
