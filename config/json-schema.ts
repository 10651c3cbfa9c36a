import { z } from 'zod'
import { heirs } from './inherit.js'
import { configSchema } from './schema.js'

/** One field of the JSON Schema. */
export type Field = z.core.JSONSchema.BaseSchema

/** JSON Schema (draft 2020-12) of what may be written in a configuration file. */
export function configJsonSchema(): Field {
  const schema = { title: 'Driftwatch configuration', ...inputSchema(configSchema) }
  for (const heir of heirs) {
    const position = fieldAt(schema, ['monitors', 0, heir])
    const kafka = childField(childField(position, 0) ?? position, 'kafka')
    if (kafka?.required !== undefined) kafka.required = kafka.required.filter((name) => name !== 'brokers')
  }
  return schema
}

/** JSON Schema of what may be written for `schema`. Examples are of what is written, so they stay where a transform follows. */
export const inputSchema = (schema: z.ZodType): Field =>
  z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const examples = z.globalRegistry.get(zodSchema)?.examples
      if (Array.isArray(examples)) jsonSchema.examples = examples
    },
  })

const isField = (value: unknown): value is Field => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The alternatives of a field: itself, or those of its union. */
export const alternatives = (field: Field): readonly Field[] => (field.anyOf ?? field.oneOf ?? [field]).filter(isField)

/** What the schema says about the field `key` below `field`, if it knows it. */
export function childField(field: Field | undefined, key: PropertyKey): Field | undefined {
  if (field === undefined) return undefined
  for (const { items, properties, additionalProperties } of alternatives(field)) {
    const child = typeof key === 'number' ? items : Object.hasOwn(properties ?? {}, key) ? properties?.[String(key)] : additionalProperties
    if (isField(child)) return child
  }
  return undefined
}

export const fieldAt = (root: Field, path: readonly PropertyKey[]): Field | undefined =>
  path.reduce<Field | undefined>((field, key) => childField(field, key), root)

/** The JSON types that a field takes. */
export const typesOf = (field: Field): readonly string[] => [...new Set(alternatives(field).flatMap(({ type }) => type ?? []))]

/** Names of the fields that a block may have. */
export const knownKeys = (field: Field | undefined): readonly string[] =>
  field === undefined ? [] : alternatives(field).flatMap(({ properties }) => Object.keys(properties ?? {}))
