import { resolve } from 'node:path'
import { z } from 'zod'
import { defaultDetectors, detectors as known, pictureDetectors } from '../detectors/registry.js'
import { featureMap } from '../kinds/feature-map.js'
import { KindsFault } from '../kinds/inputs.js'
import { Choice } from './choice.js'
import { kindsSchema } from './kinds.js'

/** Where a rule says what is wrong: the path below the value that the rule looks at, and a sentence. */
export type Report = (path: readonly PropertyKey[], message: string) => void

/**
 * A rule between fields. It also runs when some of the fields are wrong in themselves, so that all errors show at once:
 * it must take nothing for granted and stay silent about what it cannot read.
 */
export type Rule = (value: unknown, report: Report) => void

/** The rules as a check of a schema. */
export const obey = (...rules: Rule[]) =>
  z.superRefine<unknown>(
    (value, context) => {
      for (const rule of rules) rule(value, (path, message) => context.addIssue({ code: 'custom', path: [...path], message }))
    },
    { when: () => true },
  )

export const fields = z.record(z.string(), z.unknown()).catch({})
const entries = z.array(z.unknown()).catch([])
const text = z.string().optional().catch(undefined)
const texts = z.array(z.string()).catch([])

/** The options of a chosen component, or of nothing. */
export const optionsOf = (position: unknown, type: string): Record<string, unknown> =>
  position instanceof Choice && position.type === type ? fields.parse(position.options) : {}

/** Remembers who claimed a name first: the answer is the earlier owner, or undefined for the first one. */
function claims() {
  const owners = new Map<string, string>()
  return (name: string | undefined, owner: string): string | undefined => {
    if (name === undefined) return undefined
    const first = owners.get(name)
    if (first === undefined) owners.set(name, owner)
    return first
  }
}

/** The detectors of a monitor, those that are usual where it names none. */
const detectorsOf = (monitor: unknown): readonly string[] => {
  const { detectors, decode } = fields.parse(monitor)
  if (detectors !== undefined) return texts.parse(detectors)
  return decode instanceof Choice && decode.type === 'image' ? pictureDetectors : defaultDetectors
}

/** An alarm cannot need more evaluations than it looks at. */
export const kOfN: Rule = (logic, report) => {
  const { k, n } = fields.parse(logic)
  if (typeof k === 'number' && typeof n === 'number' && k > n) report(['n'], `expected at least k (${k})`)
}

/** Every message that is allowed must fit through the bridge. */
export const largestMessage: Rule = (limits, report) => {
  const { messageBytes, inFlightBytes } = fields.parse(limits)
  if (typeof messageBytes === 'number' && typeof inFlightBytes === 'number' && messageBytes > inFlightBytes)
    report(['inFlightBytes'], `expected at least messageBytes (${messageBytes} bytes), else the largest message could never be read`)
}

/** Two sinks of one monitor have different names. */
export const sinkNames: Rule = (sinks, report) => {
  const claim = claims()
  entries.parse(sinks).forEach((sink, index) => {
    const name = text.parse(fields.parse(sink).name)
    const first = claim(name, `sinks[${index}]`)
    if (first !== undefined) report([index], `${first} is called "${name}" too; give this sink a \`name\` of its own`)
  })
}

/** What the monitor writes must not come back to it as input, nor mix with what else it writes. */
export const topicRoles: Rule = (monitor, report) => {
  const { source, control, sinks, deadLetters, state } = fields.parse(monitor)
  const claim = claims()
  const use = (topic: unknown, owner: string, path: readonly PropertyKey[]) => {
    const first = claim(text.parse(topic), owner)
    if (first !== undefined) report(path, `topic "${topic}" is used by ${first} already; expected a topic of its own`)
  }
  texts.parse(optionsOf(source, 'kafka').topics).forEach((topic, index) => {
    use(topic, 'source', ['source', 'kafka', 'topics', index])
  })
  use(optionsOf(control, 'kafka').topic, 'control', ['control', 'kafka', 'topic'])
  entries.parse(sinks).forEach((entry, index) => {
    use(optionsOf(fields.parse(entry).sink, 'kafka').topic, `sinks[${index}]`, ['sinks', index, 'kafka', 'topic'])
  })
  use(optionsOf(deadLetters, 'kafka').topic, 'deadLetters', ['deadLetters', 'kafka', 'topic'])
  use(optionsOf(state, 'kafka').topic, 'state', ['state', 'kafka', 'topic'])
}

/** A transaction spans one cluster. */
export const oneCluster: Rule = (monitor, report) => {
  const { source, sinks, deadLetters, state, exactlyOnce } = fields.parse(monitor)
  if (exactlyOnce !== true) return
  const cluster = (position: unknown) => texts.parse(optionsOf(position, 'kafka').brokers).toSorted().join(', ')
  const expected = cluster(source)
  const need = (position: unknown, path: readonly PropertyKey[], what: string) => {
    if (cluster(position) === expected && expected !== '') return
    const at = expected === '' ? '' : ` at ${expected}`
    report(path, `exactlyOnce needs ${what} of type kafka${at}, where the source reads; or leave exactlyOnce out`)
  }
  need(source, ['source'], 'a source')
  need(deadLetters, ['deadLetters'], 'dead letters')
  need(state, ['state'], 'a state')
  const chosen = entries.parse(sinks).map((entry) => fields.parse(entry).sink)
  const topics = chosen.flatMap((sink, index) => (sink instanceof Choice && sink.type === 'kafka' ? [{ sink, index }] : []))
  if (topics.length === 0) need(undefined, ['sinks'], 'a sink')
  for (const { sink, index } of topics) need(sink, ['sinks', index], 'a sink')
}

/** Only a file with a header line names its columns; elsewhere the csv codec must be told. */
export const csvColumns: Rule = (monitor, report) => {
  const { source, decode } = fields.parse(monitor)
  if (!(source instanceof Choice) || !(decode instanceof Choice) || decode.type !== 'csv') return
  if (source.type === 'file' && optionsOf(source, 'file').header !== false) return
  if (optionsOf(decode, 'csv').columns === undefined)
    report(['decode', 'csv'], `needs \`columns\`: this ${source.type} source has no header line to take them from`)
}

/** A fixed threshold is for a detector that runs. */
export const thresholdsOfDetectors: Rule = (monitor, report) => {
  const { alerting } = fields.parse(monitor)
  const running = detectorsOf(monitor)
  for (const name of Object.keys(fields.parse(fields.parse(alerting).fixedThresholds)))
    if (running.length > 0 && !running.includes(name))
      report(['alerting', 'fixedThresholds', name], `no such detector runs here; expected one of ${running.join(', ')}`)
}

const windowDetectors = known.filter(({ kind }) => kind === 'window').map(({ name }) => name)

/** Charts sit on window detectors. */
export const chartsOverWindows: Rule = (monitor, report) => {
  const { charts } = fields.parse(monitor)
  const running = detectorsOf(monitor)
  if (texts.parse(charts).length > 0 && running.length > 0 && !running.some((name) => windowDetectors.includes(name)))
    report(['charts'], `no window detector runs here for charts to look at; expected one of ${windowDetectors.join(', ')} in detectors`)
}

export const isEmpty = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.length === 0)

/** Kinds are of features that there are, where the configuration names these. */
export const kindsOfFeatures: Rule = (monitor, report) => {
  const { features, decode, kinds } = fields.parse(monitor)
  const named = features ?? (decode instanceof Choice ? optionsOf(decode, decode.type).features : undefined)
  // A list that is left out is one that may not be written.
  const written = Object.fromEntries(Object.entries(fields.parse(kinds)).filter(([, value]) => !isEmpty(value)))
  const parsed = kindsSchema.safeParse(written)
  if (!Array.isArray(named) || !parsed.success) return
  try {
    featureMap({ features: texts.parse(named), ...parsed.data })
  } catch (error) {
    if (!(error instanceof KindsFault)) throw error
    report(['kinds', ...error.field], error.what)
  }
}

/** A monitor has a reference, or is told that it has none. */
export const eitherReference: Rule = (monitor, report) => {
  const { reference } = fields.parse(monitor)
  if (typeof reference !== 'object' || reference === null) return
  const { path, ownPast } = fields.parse(reference)
  if (path === undefined && ownPast === undefined)
    report(
      ['reference', 'path'],
      'expected the folder of a bundle that `driftwatch fit` wrote; or ownPast: {} in its place, for no reference',
    )
  if (path !== undefined && ownPast !== undefined)
    report(['reference', 'ownPast'], 'stands beside path: a monitor has a reference, or judges each stream by its own past')
}

/** What a monitor without a reference cannot learn, and what would mean nothing there. */
export const ownPastAlone: Rule = (monitor, report) => {
  const { reference, alerting } = fields.parse(monitor)
  if (fields.parse(reference).ownPast === undefined || typeof alerting !== 'object' || alerting === null) return
  const { rowsPerDay, fixedThresholds } = fields.parse(alerting)
  if (rowsPerDay === undefined)
    report(
      ['alerting'],
      'expected rowsPerDay, for example 12/hour: without a reference nothing else says how many records all streams send',
    )
  for (const field of ['kinds', 'charts', 'adapt'])
    if (!isEmpty(fields.parse(monitor)[field])) report([field], 'means nothing without a reference; leave it out')
  if (fixedThresholds !== undefined)
    report(['alerting', 'fixedThresholds'], 'means nothing without a reference; set reference.ownPast.level')
}

/** The chosen detectors that have a trait, each with its path. */
const chosenWith = (chosen: unknown, trait: 'labels' | 'usesLogits' | 'usesWindowMeans'): [path: PropertyKey[], name: string][] =>
  texts.parse(chosen).flatMap((name, index): [PropertyKey[], string][] => {
    const detector = known.find((one) => one.name === name)
    return detector?.[trait] === undefined ? [] : [[['detectors', index], name]]
  })

/** Detectors of labels are told where these stand. */
export const labelsDecoded: Rule = (monitor, report) => {
  const { detectors: chosen, decode } = fields.parse(monitor)
  if (!(decode instanceof Choice) || optionsOf(decode, decode.type).label !== undefined) return
  for (const [path, name] of chosenWith(chosen, 'labels')) {
    const instead = name === 'label-mix' ? '' : ', or take clusters, which needs none'
    report(path, `${name} needs labels: say where they stand as decode.${decode.type}.label${instead}`)
  }
}

/** A detector of logits is told which they are. */
export const logitsNamed: Rule = (monitor, report) => {
  const { detectors: chosen, kinds } = fields.parse(monitor)
  if (fields.parse(kinds).logits !== undefined) return
  for (const [path, name] of chosenWith(chosen, 'usesLogits'))
    report(path, `${name} needs the logits of a classifier: name those of the features that are logits as kinds.logits`)
}

/** A detector of means takes all of them over equally many records. */
export const meansByCount: Rule = (monitor, report) => {
  const { detectors: chosen, window } = fields.parse(monitor)
  if (fields.parse(window).by !== 'time') return
  for (const [path, name] of chosenWith(chosen, 'usesWindowMeans'))
    report(path, `${name} compares means of equally many records: make window.size a number of records, or leave ${name} out`)
}

/** Monitors share neither names, nor a consumer group on the same brokers, nor a dead-letter file. */
export const separateMonitors: Rule = (monitors, report) => {
  const [names, groups, files] = [claims(), claims(), claims()]
  for (const [index, monitor] of entries.parse(monitors).entries()) {
    const { name, source, deadLetters } = fields.parse(monitor)
    const owner = `monitors[${index}]`

    const namesake = names(text.parse(name), owner)
    if (namesake !== undefined) report([index, 'name'], `${namesake} has the same name; expected every monitor to have its own`)

    const { group, brokers } = optionsOf(source, 'kafka')
    const cluster = JSON.stringify([group, texts.parse(brokers).toSorted()])
    const member = typeof group === 'string' ? groups(cluster, owner) : undefined
    if (member !== undefined)
      report(
        [index, 'source', 'kafka', 'group'],
        `${member} is in group "${group}" too: each would see only part of the records; expected a group of its own`,
      )

    const path = text.parse(optionsOf(deadLetters, 'file').path)
    const writer = path === undefined || namesake !== undefined ? undefined : files(resolve(path), owner)
    if (writer !== undefined)
      report([index, 'deadLetters', 'file', 'path'], `${writer} writes to "${path}" too; expected a file of its own`)
  }
}
