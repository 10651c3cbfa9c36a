import { z } from 'zod'
import { logLevels } from '../telemetry/logger.js'
import { bearerToken, wait } from './fields.js'
import { monitorSchema } from './monitor.js'
import { adminSchema, pagingSchema } from './paging.js'
import { servedAdmin } from './paging-rules.js'
import { obey, separateMonitors } from './rules.js'

const metricsSchema = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether to serve `/metrics`, `/healthz` and `/readyz`.'),
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on. `0.0.0.0` opens it to the network.'),
  port: z.int().min(0).max(65_535).default(9464).describe('TCP port; 0 picks a free one.'),
  maxStreams: z
    .int()
    .min(0)
    .max(10_000)
    .default(100)
    .describe('Streams per monitor with series of their own; all further ones are counted as `other`.'),
})

const pageSchema = z.strictObject({
  enabled: z
    .boolean()
    .default(true)
    .describe('Whether to serve the live page at `/page/`, on the port of `metrics`. Without `metrics.enabled` it is not.'),
  token: bearerToken()
    .optional()
    .describe(
      'What a browser must give to see any data; it asks for it. Without one whoever reaches the port sees all. Use it with TLS in front.',
    ),
  pictures: z
    .boolean()
    .default(false)
    .describe(
      'Shows the worst picture of an alert and its heatmap, of monitors with `pictures.heatmaps`. Without it no picture leaves the process this way.',
    ),
  streams: z
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe('Streams per monitor whose history is kept, in memory: up to 70 kB each at 8 detectors. Others are listed without.'),
})

const logSchema = z.strictObject({
  level: z.enum(logLevels).default('info').describe('The least severe lines that are written.'),
  format: z
    .enum(['json', 'text'])
    .optional()
    .describe('`json`: one object per line; `text`: short lines for people. Default: text on a terminal, else json.'),
})

const shutdownSchema = z.strictObject({
  timeout: wait(100).prefault('30s').describe('After SIGTERM, how long to finish what is in flight before giving up.'),
})

/** The whole configuration file: types, defaults, docs and errors come from it. */
export const configSchema = z
  .strictObject({
    metrics: metricsSchema.prefault({}).describe('The HTTP server for Prometheus and health probes.'),
    page: pageSchema.prefault({}).describe('The live page, for people: what is unusual now, how sure that is, and why.'),
    log: logSchema.prefault({}).describe('The log, on standard error.'),
    shutdown: shutdownSchema.prefault({}).describe('How the process ends.'),
    paging: pagingSchema.prefault({}).describe('When people are called, and when not. See docs/paging.md.'),
    admin: adminSchema.optional().describe('What can be changed at run time, over HTTP; left out: nothing.'),
    monitors: z.array(monitorSchema).min(1).check(obey(separateMonitors)).describe('The monitors; one or more.'),
  })
  .check(obey(servedAdmin))

/** The configuration with everything resolved. */
export type Config = z.output<typeof configSchema>
