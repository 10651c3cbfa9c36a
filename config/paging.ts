import { z } from 'zod'
import { heartbeatSchema } from '../connectors/paging/heartbeat.js'
import { quietHoursSchema } from '../connectors/paging/quiet-hours.js'
import { silenceSchema } from '../connectors/paging/silences.js'
import { bearerToken } from './fields.js'

export const pagingSchema = z.strictObject({
  silences: z
    .array(silenceSchema)
    .max(100)
    .default([])
    .describe('Alerts that call nobody for a time, such as during maintenance; further ones can be made at run time (`admin`).'),
  silencesFile: z
    .string()
    .min(1)
    .default('./silences.json')
    .describe(
      'Where silences that are made at run time outlive a restart; its folder must exist. One for each process; used only with `admin`.',
    ),
  quietHours: z.array(quietHoursSchema).max(20).default([]).describe('Times of the week at which less severe alerts call nobody.'),
  heartbeat: z
    .array(heartbeatSchema)
    .max(10)
    .default([])
    .describe('External watchdogs that are told again and again that all monitors are well, so that they notice when nobody tells them.'),
})

export const adminSchema = z.strictObject({
  token: bearerToken().describe('Bearer token of who may see, make and end silences at `/admin/silences` on the port of the metrics.'),
})
