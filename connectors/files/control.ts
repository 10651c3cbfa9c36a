import { z } from 'zod'
import { type ControlComponent, controlFields } from '../control.js'
import { fileSource } from './file.js'

const schema = z.strictObject({
  path: z.string().min(1).describe('The file, one message per line; .gz is unpacked on the way'),
  ...controlFields,
})

/** A finished file of messages, for replays and monitors of files: it is read once, at the start. */
export const fileControl: ControlComponent<typeof schema> = {
  type: 'file',
  title: 'A file of control messages, one JSON object per line, read once at the start',
  schema,
  create: ({ path }, context) => ({ past: () => fileSource.create(fileSource.schema.parse({ path, format: 'ndjson' }), context) }),
}
