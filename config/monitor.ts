import { z } from 'zod'
import { executionProviders } from '../backbones/scorer.js'
import { chartNames } from '../calibration/charts.js'
import { nameForOf } from '../connectors/control.js'
import { duration } from '../connectors/options.js'
import { codecs, controls, deadLetters, sources, stores } from '../connectors/registry.js'
import { defaultDetectors, detectors, pictureDetectors } from '../detectors/registry.js'
import { shrinkages } from '../detectors/shrinkage.js'
import { defaultPictureLimits } from '../pictures/fault.js'
import { adaptSchema } from './adapt.js'
import { alertingSchema } from './alerting.js'
import { choice } from './choice.js'
import { distinct, wait } from './fields.js'
import { kindsSchema } from './kinds.js'
import { limitsSchema } from './limits.js'
import { linksSchema } from './links.js'
import { pagersInTurn } from './paging-rules.js'
import { picturesDecoded } from './picture-rules.js'
import { type HeatmapsConfig, heatmapPrefix, picturesSchema } from './pictures.js'
import {
  chartsOverWindows,
  csvColumns,
  eitherReference,
  kindsOfFeatures,
  labelsDecoded,
  logitsNamed,
  meansByCount,
  obey,
  oneCluster,
  ownPastAlone,
  sinkNames,
  thresholdsOfDetectors,
  topicRoles,
} from './rules.js'
import { sinkSchema } from './sink.js'
import { monitorVersion } from './version.js'
import { windowSchema } from './window.js'

const codecChoice = choice(codecs)
const deadLetterChoice = choice(deadLetters)
const storeChoice = choice(stores)
const controlChoice = choice(controls)

const ownPastSchema = z.strictObject({
  probation: z
    .int()
    .min(150)
    .max(1_000_000)
    .default(750)
    .describe('Records of a stream before it is judged. Fewer than a day of them have seen no night.'),
  capacity: z
    .int()
    .min(200)
    .max(50_000)
    .default(2000)
    .describe('Moments that are kept of each feature of a stream, a uniform sample of its past: 128 bytes of memory and state each.'),
  level: z.number().positive().max(15).default(1.2).describe('Least score of an alert, however rare it is; 2 for the blatant only.'),
  refractory: duration()
    .prefault('12h')
    .describe('Data time in which a stream opens no second alert, unless it is twice as strong as the last one ever was.'),
})

const referenceSchema = z.strictObject({
  path: z
    .string()
    .min(1)
    .optional()
    .describe('Folder of the bundle that `driftwatch fit` wrote. Either this or `ownPast`.')
    .meta({ examples: ['./reference'] }),
  unverified: z
    .boolean()
    .default(false)
    .describe(
      'At fit: the data may hold anomalies, so the fifth of the rows that lie farthest from the others is dropped. Costs sensitivity where they hold none, ' +
        'and the budget: what is dropped of a clean reference was normal, and opens alerts when it comes again. See docs/fitting.md.',
    ),
  acceptRefused: z
    .boolean()
    .default(false)
    .describe('Runs although the calibration was refused (the reference wanders): alerts then say that they are unbudgeted.'),
  ownPast: ownPastSchema
    .optional()
    .describe(
      'No reference: each feature of each stream is judged by its own past (`ownPast: {}`), without `driftwatch fit`. See docs/own-past.md.',
    )
    .meta({ examples: [{ probation: 750 }] }),
})

const executionSchema = z.strictObject({
  providers: distinct(z.enum(executionProviders), 'provider')
    .default(['cpu'])
    .describe('Execution providers of ONNX Runtime, tried in this order. See docs/gpu.md.')
    .meta({ examples: [['cuda', 'cpu']] }),
  required: z.boolean().default(false).describe('Refuses to start when the first provider cannot be had, instead of trying the next.'),
  threads: z
    .int()
    .min(1)
    .max(256)
    .default(1)
    .describe(
      'Threads that score a batch; of pictures those that the `pictures.workers` share to embed, at least one each, scoring having one.',
    ),
  timeout: wait(1000)
    .prefault('2m')
    .describe(
      'Longest time for one batch to be scored, or `pictures.batch` pictures prepared or embedded; a worker that takes longer counts as hung, in its driver, say. A start may take ten times as long. See docs/gpu.md.',
    ),
})

interface Watching {
  readonly limits: z.output<typeof limitsSchema>
  readonly detectors?: readonly string[] | undefined
  readonly window?: z.output<typeof windowSchema> | undefined
  readonly pictures?: z.output<typeof picturesSchema> | undefined
}

/** What looks at the records, and at how many of them, when the configuration does not say. */
const usual = {
  vectors: ({ detectors = [...defaultDetectors], window = windowSchema.parse({}), limits }: Watching) => ({
    detectors,
    window,
    pictures: undefined,
    limits: { ...limits, messageBytes: limits.messageBytes ?? 2 ** 20 },
  }),
  pictures: ({ detectors = [...pictureDetectors], window, pictures, limits }: Watching) => ({
    detectors,
    window: window ?? windowSchema.parse({ size: 16, hop: 4, longer: [] }),
    pictures: pictures ?? picturesSchema.parse({}),
    limits: { ...limits, messageBytes: limits.messageBytes ?? defaultPictureLimits.bytes },
  }),
}

/** Where the monitor's dead letters and state go when the configuration does not say. */
const defaultDeadLetters = (monitor: string) => deadLetterChoice.parse({ file: { path: `./dead-letters/${monitor}.ndjson` } })
const defaultState = (source: string) => storeChoice.parse(source === 'kafka' ? { file: { path: './state' } } : { memory: {} })

/** What alerts show of the options of heatmaps. */
const shownOf = (heatmaps: HeatmapsConfig) => ({
  prefix: heatmapPrefix(heatmaps),
  overlay: heatmaps.overlay,
  attach: heatmaps.attach,
})

export const monitorSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9-]{1,63}$/, { error: 'expected 1 to 63 characters of a-z, 0-9 and -' })
      .describe('Name of the monitor: in alerts, as metric label and in file names.')
      .meta({ examples: ['payments'] }),
    source: choice(sources).describe('Where the records come from.'),
    decode: codecChoice.describe('How a message becomes a row of features.'),
    features: distinct(z.string().min(1), 'feature')
      .optional()
      .describe(
        'Feature names in the order of the row, when the codec has none (vectors). Default: those of the codec, else of the reference.',
      )
      .meta({ examples: [['amount', 'latency_p95']] }),
    kinds: kindsSchema
      .optional()
      .describe('Features that are more than a plain number that every record has. Changing it needs a new reference (`driftwatch fit`).'),
    reference: referenceSchema.describe('What normal is.'),
    pictures: picturesSchema
      .optional()
      .describe('How pictures (`decode.image`) become features, by a backbone; its features are those of the monitor.'),
    detectors: distinct(z.enum(detectors.map(({ name }) => name)), 'detector')
      .optional()
      .describe(`What looks at the records. Default: ${defaultDetectors.join(', ')}; at pictures ${pictureDetectors.join(', ')}.`),
    shrinkage: z
      .enum(['auto', ...shrinkages])
      .default('auto')
      .describe(
        'How the covariance is pulled towards independent features, at fit. `light`: by 0.001; `ledoit-wolf`, `oas`: as much as the data ask for. ' +
          '`auto`: light from 5 rows per feature on, below that Ledoit-Wolf.',
      ),
    window: windowSchema
      .optional()
      .describe(
        'The windows of the window detectors; of pictures by default 16 every 4. Changing it needs a new calibration (`driftwatch fit`).',
      ),
    charts: distinct(z.enum(chartNames), 'chart')
      .default([])
      .describe(
        'Sequential charts over every window detector: they add up what many windows say, so that a slow drift shows that is too small for any ' +
          'single one. Changing them needs a new calibration (`driftwatch fit`).',
      )
      .meta({ examples: [['cusum']] }),
    adapt: adaptSchema
      .optional()
      .describe(
        'A slow copy of the reference follows each stream, so that what changes slowly and for good becomes normal; that it does is said. ' +
          'Left out: the reference stays as it was fitted. Changing `recency` needs a new one (`driftwatch fit`).',
      ),
    alerting: alertingSchema.describe('When an alert opens.'),
    sinks: z.array(sinkSchema).min(1).check(obey(sinkNames)).describe('Where alerts go; one or more.'),
    links: linksSchema.optional().describe('What alerts to people link to.'),
    deadLetters: deadLetterChoice
      .optional()
      .describe('Where records go that cannot be used. Default: `file` with path `./dead-letters/<monitor>.ndjson`.'),
    state: storeChoice
      .optional()
      .describe(
        'Where open alerts and windows outlive a restart. Default: `file` with path `./state` for a kafka source, else `memory`. ' +
          'Use `kafka` when several replicas share a consumer group.',
      ),
    exactlyOnce: z
      .boolean()
      .default(false)
      .describe(
        'Writes alerts, dead letters, state and offsets in one transaction: who reads the alert topic with `read_committed` sees each ' +
          'event once. Needs source, state, dead letters and a sink of type `kafka`, all at the same brokers. Sinks of other types stay at least once.',
      ),
    control: controlChoice
      .optional()
      .describe(
        'Where deploys are declared (alerts shortly after one name it) and rebaselines asked for. Every process reads all messages.',
      ),
    limits: limitsSchema.prefault({}).describe('What bounds the memory.'),
    execution: executionSchema.prefault({}).describe('Where the scoring graph runs.'),
  })
  .check(
    obey(
      topicRoles,
      oneCluster,
      pagersInTurn,
      csvColumns,
      thresholdsOfDetectors,
      chartsOverWindows,
      labelsDecoded,
      logitsNamed,
      meansByCount,
      kindsOfFeatures,
      eitherReference,
      ownPastAlone,
      picturesDecoded,
    ),
  )
  .transform((monitor) => ({ ...monitor, ...usual[monitor.decode.type === 'image' ? 'pictures' : 'vectors'](monitor) }))
  .transform((monitor) => ({
    ...monitor,
    deadLetters: monitor.deadLetters ?? defaultDeadLetters(monitor.name),
    state: monitor.state ?? defaultState(monitor.source.type),
    version: monitorVersion({
      ...monitor,
      control: monitor.control && { nameFor: nameForOf(monitor.control.options) },
      heatmaps: monitor.pictures?.heatmaps && shownOf(monitor.pictures.heatmaps),
      ownPast: monitor.reference.ownPast,
    }),
  }))

/** One monitor's configuration with everything resolved: defaults, milliseconds, bytes, chosen components. */
export type MonitorConfig = z.output<typeof monitorSchema>
