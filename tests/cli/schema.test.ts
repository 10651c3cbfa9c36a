import { describe, expect, it } from 'vitest'
import { configJsonSchema } from '../../config/json-schema.js'
import { run } from './capture.js'

describe('driftwatch schema', () => {
  it('prints the JSON Schema and nothing else', async () => {
    const { code, out, err } = await run('schema')
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toEqual(JSON.parse(JSON.stringify(configJsonSchema())))
  })
})
