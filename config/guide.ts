import { batchRecords } from './limits.js'

/** The part of the configuration page that no schema can say. */
export const guide = `# Configuration

<!-- Made by \`npm run docs\` from the schema; do not edit. -->

One YAML 1.2 file describes one process: one or more monitors, one metrics server, one log. \`driftwatch check FILE\` finds
every mistake in it at once, without starting anything; \`driftwatch schema\` prints a JSON Schema for editors.

\`\`\`yaml
monitors:
  - name: payments
    source:
      kafka: { brokers: [localhost:9092], topics: [features], group: driftwatch }
    decode:
      json: { features: [amount, latency_p95, queue_depth], stream: tenant, time: ts }
    reference: { path: ./reference }
    alerting: { falseAlarmsPerDay: 1 }
    sinks:
      - kafka: { topic: alerts }
\`\`\`

## Rules of the file

**Unknown fields are errors**, as are duplicate ones, wrong types and values that contradict each other. A field that is left
out takes its default.

**Values from outside.** Inside any text, \`\${env:NAME}\` stands for an environment variable, \`\${env:NAME:-default}\` for one
that may be unset or empty, and \`\${file:/path}\` for the text of a file without its last line end, the way secrets are mounted.
A literal \`\${\` is written \`$\${\`. A variable or file that is missing is an error, but commands that only look at data (\`explain\`, \`replay\`, \`report\`, \`fit\`, \`compare\`, \`rebaseline\`)
do without those of sinks, \`paging\`, \`admin\` and \`page.token\`. Where a number, true or false is expected,
the text is read as one, so \`port: \${env:PORT}\` works; inside \`{ }\` and \`[ ]\` YAML wants it in quotes. What was put in is never printed: messages show \`\${env:NAME}\`.

**Durations** are written \`500ms\`, \`30s\`, \`15m\`, \`12h\`, \`1d\`; **sizes** \`64kB\`, \`1MB\`, \`64MiB\`, \`1GiB\`; **rates** as a
number per day or as \`1/week\`, \`2/day\`, \`10/s\`.

**Relative paths** start from the working directory of the process, like the paths on a command line, not from the folder of
the file.

**Sharing blocks.** YAML anchors and aliases work (\`sinks: &sinks […]\`, later \`sinks: *sinks\`); merge keys (\`<<\`) do not.

**Bounds.** A file has at most 1 MB, 32 levels, 5000 entries in one list or block and 200 aliases.

## Kafka connections

A \`kafka\` sink, dead-letter sink, store or control topic without \`brokers\` uses the connection of the monitor's \`kafka\` source: its
brokers, \`tls\`, \`sasl\`, client id and timeouts, unless it has its own.

## Version of a configuration

Every alert names the version of the configuration that raised it, and its id depends on it. The version is a hash of what
decides which alerts a monitor raises: its \`name\`, \`decode\`, \`features\`, \`kinds\`, \`detectors\`, \`window\`, \`charts\`, \`adapt\`, \`alerting\`, how long
\`control\` names a deploy, and \`limits.messageBytes\`, with defaults filled in. Brokers, sinks, state, logs, comments and the order of fields do not enter, nor
do secrets. The reference has a version of its own.

## Where state is kept

Without \`state\`, a monitor with a kafka source keeps it in files in \`./state\`, which suits one process on one machine; other
sources begin from the start anyway and keep it in memory. With several replicas in one consumer group a partition may move to
another machine, so use the \`kafka\` store there.

## What bounds the memory

At most \`limits.inFlightRecords\` records and \`limits.inFlightBytes\` payload bytes are between the source and the commit; then the
source waits. A batch has up to ${batchRecords} records.`
