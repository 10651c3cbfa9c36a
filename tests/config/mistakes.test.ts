import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../config/load.js'
import type { Problem } from '../../config/problem.js'
import { config, monitor, quoted } from './texts.js'

interface Mistake {
  readonly yaml: string
  readonly path: string
  readonly message: RegExp
  readonly found?: string
  readonly mend?: RegExp
}

const kafka = (options: string) => `{ kafka: { brokers: [localhost:9092], topics: [features], group: driftwatch, ${options} } }`
const alerting = (options: string) => `{ falseAlarmsPerDay: 1, ${options} }`
const sink = (options: string) => `[{ stdout: {}, ${options} }]`

/** One mistake each, and what must be said about it: where, what is wrong, what stands there, how to mend it. */
const mistakes: Readonly<Record<string, Mistake>> = {
  // The file as a whole
  'an empty file': { yaml: '', path: '', message: /the file is empty/, mend: /examples/ },
  'only a comment': { yaml: '# later\n', path: '', message: /the file is empty/ },
  'text that is no configuration': { yaml: 'hello there', path: '', message: /expected a block of fields/, found: '"hello there"' },
  'a list at the top': { yaml: '- a\n- b', path: '', message: /expected a block of fields/, found: 'a list of 2' },
  'broken YAML': { yaml: 'monitors: [\n', path: '', message: /not valid YAML/ },
  'a tab as indentation': { yaml: 'metrics:\n\tport: 1\n', path: '', message: /[Tt]abs? /, mend: /blanks/ },
  'a lost blank of indentation': {
    yaml: config().replace('    decode', '   decode'),
    path: '',
    message: /not valid YAML/,
    mend: /one column/,
  },
  'a substitution without quotes in a flow block': {
    yaml: config({}, `metrics: { port: \${env:PORT} }\n`),
    path: '',
    message: /not valid YAML/,
    mend: /stands in quotes: "\$\{env:NAME\}"/,
  },
  'an unquoted @': { yaml: 'log: { level: @x }', path: '', message: /not valid YAML/ },
  'two documents': { yaml: `${config()}---\n${config()}`, path: '', message: /second document/ },
  'a field that stands twice': { yaml: config({}, 'log: {}\nlog: {}\n'), path: '', message: /stands twice/ },
  'a YAML tag': { yaml: config({ name: '!!js/function x' }), path: '', message: /not valid YAML: Unresolved tag/ },
  'an alias without an anchor': { yaml: config({ sinks: '*none' }), path: 'monitors[0].sinks', message: /alias \*none has no anchor/ },
  'an alias that contains itself': { yaml: config({ sinks: '&a [*a]' }), path: '', message: /more than 200 aliases/ },
  'a block as field name': { yaml: config({}, '? { a: 1 }\n: 2\n'), path: '', message: /field name is a list, a block or an alias/ },
  'nesting without end': { yaml: `a: ${'['.repeat(40)}${']'.repeat(40)}`, path: '', message: /nested more than 32 levels/ },
  'a merge key': { yaml: config({ '<<': '{ name: b }' }), path: 'monitors[0]["<<"]', message: /no such field/ },

  // Pictures
  'a backbone beside vectors': {
    yaml: config({ pictures: '{}' }),
    path: 'monitors[0].pictures',
    message: /means nothing beside decode\.json/,
  },
  'URIs that nothing is fetched from': {
    yaml: config({ decode: '{ image: { uri: picture.url } }' }),
    path: 'monitors[0].pictures.fetch',
    message: /lists no hosts and no folders/,
  },
  'features of pictures': {
    yaml: config({ decode: '{ image: {} }', features: '[a, b]' }),
    path: 'monitors[0].features',
    message: /means nothing for pictures/,
  },
  'pictures by their own past': {
    yaml: config({ decode: '{ image: {} }', reference: '{ ownPast: {} }', alerting: '{ falseAlarmsPerDay: 1, rowsPerDay: 1440 }' }),
    path: 'monitors[0].reference.ownPast',
    message: /give path, a reference/,
  },
  'a field of a picture that has none': {
    yaml: config({ decode: '{ image: { stream: camera } }' }),
    path: 'monitors[0].decode.image.stream',
    message: /a picture has no fields/,
  },
  'a picture in two places': {
    yaml: config({ decode: '{ image: { uri: a, base64: b } }', pictures: '{ fetch: { hosts: [a.example] } }' }),
    path: 'monitors[0].decode.image',
    message: /either base64 or uri, and not both/,
  },

  // Unknown and missing fields
  'an unknown field at the top': {
    yaml: config({}, 'metrcs: {}\n'),
    path: 'metrcs',
    message: /no such field/,
    mend: /did you mean `metrics`/,
  },
  'no monitors': { yaml: 'log: {}', path: 'monitors', message: /is missing/, mend: /The monitors/ },
  'an empty list of monitors': { yaml: 'monitors: []', path: 'monitors', message: /at least 1 entry/, found: 'an empty list' },
  'monitors as a block': { yaml: 'monitors: { name: a }', path: 'monitors', message: /expected a list/, found: 'a block with name' },
  'a misspelt field': {
    yaml: config({ alerting: '{ falseAlarmPerDay: 1, falseAlarmsPerDay: 1 }' }),
    path: 'monitors[0].alerting.falseAlarmPerDay',
    message: /no such field/,
    mend: /did you mean `falseAlarmsPerDay`/,
  },
  'a required field that is misspelt': {
    yaml: config({ alerting: '{ falseAlarmPerDay: 1 }' }),
    path: 'monitors[0].alerting.falseAlarmPerDay',
    message: /no such field/,
    mend: /did you mean `falseAlarmsPerDay`/,
  },
  'snake case': {
    yaml: config({ dead_letters: '{ file: { path: x } }' }),
    path: 'monitors[0].dead_letters',
    message: /no such field/,
    mend: /did you mean `deadLetters`/,
  },
  'a field in the wrong block': {
    yaml: config({ falseAlarmsPerDay: '1' }),
    path: 'monitors[0].falseAlarmsPerDay',
    message: /no such field/,
    mend: /belongs to `monitors\[\]\.alerting`/,
  },
  'a field that exists nowhere': {
    yaml: config({ zzz: '1' }),
    path: 'monitors[0].zzz',
    message: /no such field/,
    mend: /known fields here: name, source/,
  },
  'a monitor without a name': {
    yaml: config({ name: undefined }),
    path: 'monitors[0].name',
    message: /is missing/,
    mend: /`name: payments`/,
  },
  'no budget': {
    yaml: config({ alerting: '{}' }),
    path: 'monitors[0].alerting.falseAlarmsPerDay',
    message: /is missing/,
    mend: /budget.*`falseAlarmsPerDay: 1`/,
  },
  'no reference': { yaml: config({ reference: undefined }), path: 'monitors[0].reference', message: /is missing/, mend: /What normal is/ },
  'no brokers': {
    yaml: config({ source: '{ kafka: { topics: [a], group: g } }' }),
    path: 'monitors[0].source.kafka.brokers',
    message: /is missing/,
    mend: /host:port/,
  },

  // Choosing components
  'an unknown source': {
    yaml: config({ source: '{ kafak: {} }' }),
    path: 'monitors[0].source.kafak',
    message: /no such field/,
    mend: /did you mean `kafka`/,
  },
  'an unknown sink': {
    yaml: config({ sinks: '[{ webhok: {} }]' }),
    path: 'monitors[0].sinks[0].webhok',
    message: /no such field/,
    mend: /`webhook`/,
  },
  'no source in the block': { yaml: config({ source: '{}' }), path: 'monitors[0].source', message: /exactly one of .*kafka.*here is none/ },
  'two codecs in one block': {
    yaml: config({ decode: '{ json: { features: [a] }, float32: {} }' }),
    path: 'monitors[0].decode',
    message: /exactly one of .*here is json and float32/,
  },
  'a component as text': {
    yaml: config({ sinks: '[stdout]' }),
    path: 'monitors[0].sinks[0]',
    message: /a block of fields/,
    found: '"stdout"',
    mend: /write `stdout: \{\}`/,
  },
  'a list without a dash': {
    yaml: config({ sinks: '{ stdout: {} }' }),
    path: 'monitors[0].sinks',
    message: /expected a list/,
    mend: /begin each entry with a dash, as in `- stdout/,
  },
  'a component named by `type`': {
    yaml: config({ source: '{ type: file, path: x.csv }' }),
    path: 'monitors[0].source.type',
    message: /no such field/,
    mend: /`file: \{ … \}`/,
  },
  'nothing behind a component': {
    yaml: config({ sinks: '[{ stdout: }]' }),
    path: 'monitors[0].sinks[0].stdout',
    message: /a block of fields/,
    found: 'nothing',
    mend: /write `stdout: \{\}`/,
  },
  'no sinks': { yaml: config({ sinks: '[]' }), path: 'monitors[0].sinks', message: /at least 1 entry/ },

  // Values
  'a name with blanks': {
    yaml: config({ name: 'My Monitor' }),
    path: 'monitors[0].name',
    message: /a-z, 0-9 and -/,
    found: '"My Monitor"',
  },
  'a port out of range': { yaml: config({}, 'metrics: { port: 70000 }\n'), path: 'metrics.port', message: /at most 65535/, found: '70000' },
  'a port as text': { yaml: config({}, 'metrics: { port: "9464" }\n'), path: 'metrics.port', message: /a number/, found: '"9464"' },
  'half a port': { yaml: config({}, 'metrics: { port: 94.5 }\n'), path: 'metrics.port', message: /a whole number/, found: '94.5' },
  'a path in place of a block': {
    yaml: config({ reference: './reference' }),
    path: 'monitors[0].reference',
    message: /expected a block of fields/,
    found: '"./reference"',
    mend: /Fields: path, unverified, acceptRefused/,
  },
  'two letters swapped': {
    yaml: config({}, 'metrics: { prot: 9464 }\n'),
    path: 'metrics.prot',
    message: /no such field/,
    mend: /did you mean `port`/,
  },
  'an unknown log level': {
    yaml: config({}, 'log: { level: inf }\n'),
    path: 'log.level',
    message: /one of .*info/,
    found: '"inf"',
    mend: /did you mean info/,
  },
  'a duration without a unit': {
    yaml: config({}, 'shutdown: { timeout: 30 }\n'),
    path: 'shutdown.timeout',
    message: /expected text/,
    mend: /30s/,
  },
  'a duration with an unknown unit': {
    yaml: config({}, 'shutdown: { timeout: 3 weeks }\n'),
    path: 'shutdown.timeout',
    message: /not a quantity/,
  },
  'a duration that no timer can wait for': {
    yaml: config({ alerting: alerting('noData: 30d') }),
    path: 'monitors[0].alerting.noData',
    message: /between 1s and 24d/,
  },
  'a size without a unit': {
    yaml: config({ limits: '{ messageBytes: 1000 }' }),
    path: 'monitors[0].limits.messageBytes',
    message: /expected text/,
  },
  'a budget of 0': {
    yaml: config({ alerting: '{ falseAlarmsPerDay: 0 }' }),
    path: 'monitors[0].alerting.falseAlarmsPerDay',
    message: /more than 0/,
    found: '0',
  },
  'a budget that is not finite': {
    yaml: config({ alerting: '{ falseAlarmsPerDay: .inf }' }),
    path: 'monitors[0].alerting.falseAlarmsPerDay',
    message: /expected a number/,
  },
  'a rate in an unknown unit': {
    yaml: config({ alerting: '{ falseAlarmsPerDay: 1/year }' }),
    path: 'monitors[0].alerting.falseAlarmsPerDay',
    message: /rate such as 1\/week/,
    found: '"1/year"',
  },
  'a switch as text': {
    yaml: config({ alerting: alerting('feedback: "yes"') }),
    path: 'monitors[0].alerting.feedback',
    message: /true or false/,
    found: '"yes"',
  },
  'an unknown detector': {
    yaml: config({ detectors: '[gausian]' }),
    path: 'monitors[0].detectors[0]',
    message: /one of gaussian, near3, /,
    mend: /did you mean gaussian/,
  },
  'a detector twice': { yaml: config({ detectors: '[gaussian, gaussian]' }), path: 'monitors[0].detectors[1]', message: /listed twice/ },
  'no detector': { yaml: config({ detectors: '[]' }), path: 'monitors[0].detectors', message: /at least 1 entry/ },
  'an unknown execution provider': {
    yaml: config({ execution: '{ providers: [cudda] }' }),
    path: 'monitors[0].execution.providers[0]',
    message: /one of cpu, cuda/,
    mend: /did you mean cuda/,
  },
  'a broker without a port': {
    yaml: config({ source: '{ kafka: { brokers: [localhost], topics: [a], group: g } }' }),
    path: 'monitors[0].source.kafka.brokers[0]',
    message: /host:port/,
    found: '"localhost"',
  },
  'an unknown sasl mechanism': {
    yaml: config({ source: kafka('sasl: { mechanism: kerberos }') }),
    path: 'monitors[0].source.kafka.sasl.mechanism',
    message: /one of .*scram-sha-512/,
  },
  'an unknown field inside a union': {
    yaml: config({ source: kafka('tls: { caa: x }') }),
    path: 'monitors[0].source.kafka.tls.caa',
    message: /no such field/,
    mend: /`ca`/,
  },

  // Fields that contradict each other
  'a window of broken hops': {
    yaml: config({ window: '{ size: 50, hop: 16 }' }),
    path: 'monitors[0].window.size',
    message: /multiple of hop \(16\), for example 48 or 64/,
    found: '50',
  },
  'a hop longer than the window': { yaml: config({ window: '{ size: 8 }' }), path: 'monitors[0].window.size', message: /for example 16/ },
  'a window by time with a hop in records': {
    yaml: config({ window: '{ size: 10m, hop: 16 }' }),
    path: 'monitors[0].window.hop',
    message: /expected a duration such as 2m, as size is one/,
    found: '16',
  },
  'a window by count with a longer one by time': {
    yaml: config({ window: '{ longer: [40m] }' }),
    path: 'monitors[0].window.longer[0]',
    message: /expected a number of records, as size is one/,
  },
  'a window by time of broken hops': {
    yaml: config({ window: '{ size: 10m, hop: 3m, longer: [30m] }' }),
    path: 'monitors[0].window.size',
    message: /multiple of hop \(3m\), for example 9m or 12m/,
  },
  'a window by time of too many hops': {
    yaml: config({ window: '{ size: 1d, hop: 1s }' }),
    path: 'monitors[0].window.size',
    message: /at most 10000 hops \(10000s\)/,
  },
  'a window that is no quantity': {
    yaml: config({ window: '{ size: ten }' }),
    path: 'monitors[0].window.size',
    message: /"ten" is not a quantity such as/,
  },
  'fewest records of a window by count': {
    yaml: config({ window: '{ least: 20 }' }),
    path: 'monitors[0].window.least',
    message: /is for windows by time.* make size a duration/,
  },
  'k above n': {
    yaml: config({ alerting: alerting('drift: { k: 3, n: 2 }') }),
    path: 'monitors[0].alerting.drift.n',
    message: /at least k \(3\)/,
  },
  'fewer credits than a batch': {
    yaml: config({ limits: '{ inFlightRecords: 1000 }' }),
    path: 'monitors[0].limits.inFlightRecords',
    message: /at least 1024/,
  },
  'messages larger than the bridge': {
    yaml: config({ limits: '{ messageBytes: 10MB, inFlightBytes: 1MB }' }),
    path: 'monitors[0].limits.inFlightBytes',
    message: /at least messageBytes/,
  },
  'a threshold for no detector': {
    yaml: config({ alerting: alerting('fixedThresholds: { hotellin: 3 }') }),
    path: 'monitors[0].alerting.fixedThresholds.hotellin',
    message: /no such detector runs here.*hotelling/,
  },
  'charts over nothing': {
    yaml: config({ detectors: '[gaussian]', charts: '[cusum]' }),
    path: 'monitors[0].charts',
    message: /no window detector runs here.*hotelling/,
  },
  'a detector of labels without labels': {
    yaml: config({ detectors: '[gaussian, classes]' }),
    path: 'monitors[0].detectors[1]',
    message: /classes needs labels: say where they stand as decode\.json\.label, or take clusters/,
  },
  'a detector of logits without logits': {
    yaml: config({ detectors: '[gaussian, vim]' }),
    path: 'monitors[0].detectors[1]',
    message: /vim needs the logits of a classifier: name those of the features that are logits as kinds\.logits/,
  },
  'means of windows by time': {
    yaml: config({ detectors: '[gaussian, near3-means]', window: '{ size: 10m }' }),
    path: 'monitors[0].detectors[1]',
    message: /near3-means compares means of equally many records: make window\.size a number of records/,
  },
  'two sinks of one name': {
    yaml: config({ sinks: '[{ stdout: {} }, { stdout: {} }]' }),
    path: 'monitors[0].sinks[1]',
    message: /"stdout" too.*`name`/,
  },
  'a sink that takes every alert by itself, with groups': {
    yaml: config({ sinks: sink('grouping: { wait: 5s }') }),
    path: 'monitors[0].sinks[0].grouping',
    message: /stdout takes every alert by itself; leave it out/,
  },
  'a sink of two types': {
    yaml: config({ sinks: sink('slack: { url: "https://hooks.slack.com/x" }') }),
    path: 'monitors[0].sinks[0]',
    message: /expected exactly one of .*slack.*; here is stdout and slack/,
  },
  'a route by nothing': {
    yaml: config({ sinks: sink('route: { match: {} }') }),
    path: 'monitors[0].sinks[0].route.match',
    message: /expected at least one of monitor, stream, kind, detector/,
  },
  'a token that is soon found': {
    yaml: config({}, 'admin: { token: hunter2 }\n'),
    path: 'admin.token',
    message: /expected at least 16 characters, none of them white space \(make one: openssl rand -hex 32\)/,
  },
  'an endpoint that nobody serves': {
    yaml: config({}, 'admin: { token: 0123456789abcdef }\nmetrics: { enabled: false }\n'),
    path: 'admin',
    message: /set metrics\.enabled to true/,
  },
  'alerts into the input topic': {
    yaml: config({ sinks: '[{ kafka: { brokers: [localhost:9092], topic: features } }]' }),
    path: 'monitors[0].sinks[0].kafka.topic',
    message: /"features" is used by source/,
  },
  'dead letters into the alert topic': {
    yaml: config({
      sinks: '[{ kafka: { brokers: [localhost:9092], topic: out } }]',
      deadLetters: '{ kafka: { brokers: [localhost:9092], topic: out } }',
    }),
    path: 'monitors[0].deadLetters.kafka.topic',
    message: /"out" is used by sinks\[0\]/,
  },
  'transactions over two clusters': {
    yaml: config({
      exactlyOnce: 'true',
      sinks: '[{ kafka: { brokers: [elsewhere:9092], topic: out } }]',
      deadLetters: '{ kafka: { brokers: [localhost:9092], topic: dead } }',
      state: '{ kafka: { brokers: [localhost:9092], topic: state } }',
    }),
    path: 'monitors[0].sinks[0]',
    message: /exactlyOnce needs a sink of type kafka at localhost:9092/,
  },
  'transactions without a topic for dead letters': {
    yaml: config({
      exactlyOnce: 'true',
      sinks: '[{ kafka: { brokers: [localhost:9092], topic: out } }]',
      state: '{ kafka: { brokers: [localhost:9092], topic: state } }',
    }),
    path: 'monitors[0].deadLetters',
    message: /exactlyOnce needs dead letters of type kafka/,
  },
  'a pager that waits for others, with transactions': {
    yaml: config({
      exactlyOnce: 'true',
      sinks: '[{ kafka: { brokers: [localhost:9092], topic: out } }, { slack: { url: "https://hooks.slack.com/services/x" } }]',
      deadLetters: '{ kafka: { brokers: [localhost:9092], topic: dead } }',
      state: '{ kafka: { brokers: [localhost:9092], topic: state } }',
    }),
    path: 'monitors[0].sinks[1].grouping.wait',
    message: /expected `required: false`, or `grouping: \{ wait: 0s \}`/,
  },
  'csv messages without column names': {
    yaml: config({ decode: '{ csv: {} }' }),
    path: 'monitors[0].decode.csv',
    message: /needs `columns`/,
  },
  'two monitors of one name': {
    yaml: `${config()}${monitor({ source: kafka('').replace('driftwatch', 'other') })}`,
    path: 'monitors[1].name',
    message: /monitors\[0\] has the same name/,
  },
  'two monitors in one consumer group': {
    yaml: `${config()}${monitor({ name: 'b' })}`,
    path: 'monitors[1].source.kafka.group',
    message: /monitors\[0\] is in group "driftwatch" too/,
  },
  'two monitors with one dead-letter file': {
    yaml: `${config({ deadLetters: '{ file: { path: ./dead } }' })}${monitor({ name: 'b', source: kafka('').replace('driftwatch', 'b'), deadLetters: '{ file: { path: dead } }' })}`,
    path: 'monitors[1].deadLetters.file.path',
    message: /monitors\[0\] writes to "dead" too/,
  },
  'a sink policy of the wrong kind': {
    yaml: config({ sinks: sink('concurrency: 0') }),
    path: 'monitors[0].sinks[0].concurrency',
    message: /at least 1/,
  },

  // Substitution
  'a variable that is not set': {
    yaml: config({ name: quoted('env:NOPE') }),
    path: 'monitors[0].name',
    message: /environment variable NOPE is not set/,
  },
  'a secret file that is missing': {
    yaml: config({ name: quoted('file:/no/such') }),
    path: 'monitors[0].name',
    message: /file \/no\/such cannot be read \(ENOENT\)/,
  },
  'a shell variable': {
    yaml: config({ name: quoted('NAME') }),
    path: 'monitors[0].name',
    message: /\$\{NAME\} is not a substitution; write \$\{env:NAME\}/,
  },
  'an open brace': { yaml: config({ name: `"\${env:NAME"` }), path: 'monitors[0].name', message: /no closing/ },
}

function problemsOf(yaml: string): readonly Problem[] {
  const result = parseConfig(yaml, {})
  return result.ok ? [] : result.problems
}

describe('a mistake is reported once, with its place, value and mend', () => {
  it.each(Object.entries(mistakes))('%s', (_name, { yaml, path, message, found, mend }) => {
    const problems = problemsOf(yaml)
    expect(problems.map((problem) => problem.path)).toEqual([path])
    expect(problems[0].message).toMatch(message)
    if (found !== undefined) expect(problems[0].found).toBe(found)
    if (mend !== undefined) expect(problems[0].mend).toMatch(mend)
  })
})

describe('all mistakes at once', () => {
  it('reports fields, blocks, rules between fields and substitutions together, in the order of the file', () => {
    const yaml = `${config(
      {
        name: 'Bad Name',
        window: '{ size: 50, hop: 16 }',
        detectors: '[gausian]',
        zzz: '1',
        sinks: `[{ kafka: { brokers: [${quoted('env:NOPE')}], topic: features } }]`,
      },
      'log: { level: loud }\n',
    )}${monitor({ name: 'b' })}`
    expect(problemsOf(yaml).map(({ path }) => path)).toEqual([
      'log.level',
      'monitors[0].name',
      'monitors[0].sinks[0].kafka.brokers[0]',
      'monitors[0].window.size',
      'monitors[0].detectors[0]',
      'monitors[0].zzz',
      'monitors[1].source.kafka.group',
    ])
  })

  it('gives line and column of the field, or of the block that lacks it', () => {
    const [name, reference] = problemsOf(config({ name: 'Bad Name', reference: '{}' }, '# first line\n'))
    expect(name).toMatchObject({ path: 'monitors[0].name', line: 3, column: 5 })
    expect(reference).toMatchObject({ path: 'monitors[0].reference.path', line: 6, column: 5 })
  })
})
