import { Command } from 'commander'
import { inspect, type ModelReport } from '../../backbones/model/inspect.js'
import type { InputChoice } from '../../backbones/model/picture-input.js'
import { valueText } from '../../backbones/model/values.js'
import { CommandError } from '../exit.js'
import { type Output, paintFor, table } from '../terminal.js'
import { inputOption, layoutOption, modelAt, refused, sizeOption } from './model.js'

interface InspectOptions extends InputChoice {
  readonly all?: boolean
  readonly json?: boolean
}

export const inspectCommand = (out: Output): Command =>
  new Command('inspect')
    .summary('say what a model takes, and what can be tapped in it')
    .description(
      'Says what an ONNX model takes and gives, how it is quantised, and which of its values can be tapped, with channels and stride; or why no ' +
        'backbone can be made of it, and how to mend that (exit code 4). Runs the model once, on a black picture.',
    )
    .argument('<model>', 'ONNX file; tensors may lie in files beside it')
    .addOption(inputOption())
    .addOption(sizeOption())
    .addOption(layoutOption())
    .option('--all', 'list every tap, not only those to begin with')
    .option('--json', 'print everything as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ driftwatch backbone inspect model.onnx\n  $ driftwatch backbone inspect model.onnx --all --size 320',
    )
    .action(async (file: string, options: InspectOptions) => {
      const report = await inspect(await modelAt(file), options).catch(refused)
      out.write(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : `${reportText(report, file, options.all === true, out)}\n`)
      if (report.fault !== undefined) throw new CommandError('check', options.json === true ? report.fault : '')
    })

function reportText(report: ModelReport, file: string, all: boolean, out: Output): string {
  const paint = paintFor(out)
  const { picture, fault } = report
  const facts = [
    ['model', report.name],
    ['size', sizeText(report.bytes) + (report.external.length > 0 ? `, with ${report.external.join(', ')}` : '')],
    ['made by', `${report.producer || 'unknown'}; opset ${report.opset}, IR version ${report.irVersion}`],
    [
      'operators',
      `${report.nodes}${report.domains.length > 0 ? `, some of ${report.domains.join(', ')}` : ''}; quantisation: ${report.quantisation}`,
    ],
    ...report.inputs.map((value) => ['input', `${value.name}  ${valueText(value)}`]),
    ...report.outputs.map((value) => ['output', `${value.name}  ${valueText(value)}`]),
  ]
  if (picture !== undefined) {
    const batch = picture.batch === undefined ? '' : `; a fixed batch of ${picture.batch}, which \`prepare\` tries to lift`
    facts.push(['pictures', `at "${picture.name}", ${picture.size.join(' x ')}, ${picture.layout}${batch}`])
  }
  const rest = fault === undefined ? tapsText(report, file, all) : `${paint('red', 'no backbone')}: ${fault}`
  return `${table(facts)}\n\n${rest}`
}

function tapsText({ taps, suggested }: ModelReport, file: string, all: boolean): string {
  const shown = all ? taps : taps.filter(({ name }) => suggested.includes(name))
  const rows = shown.map(({ name, operator, channels, stride, height, width, trained = 'none' }) => [
    all && suggested.includes(name) ? `${name} *` : name,
    operator,
    channels,
    stride,
    `${height} x ${width}`,
    trained,
  ])
  const hidden = taps.length - shown.length
  return [
    table([['tap', 'operator', 'channels', 'stride', 'positions', 'training statistics'], ...rows]),
    ...(all ? ['* to begin with'] : []),
    ...(shown.some(({ trained }) => trained) ? [] : [UNTRAINED]),
    ...(hidden > 0 ? [`${hidden} more with --all`] : []),
    `\n  $ driftwatch backbone prepare ${file} --taps ${suggested.join(',')} -o backbone.onnx`,
  ].join('\n')
}

const UNTRAINED =
  'no training statistics: no BatchNormalization is at these taps, it may have been folded into convolutions; `prepare --trained` takes them from a file'

export const sizeText = (bytes: number): string => (bytes < 1e6 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`)
