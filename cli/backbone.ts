import { Command } from 'commander'
import { distanceCommand } from './backbone/distance.js'
import { inspectCommand } from './backbone/inspect.js'
import { prepareCommand } from './backbone/prepare.js'
import type { Output } from './terminal.js'

export const command = (out: Output = process.stdout): Command =>
  new Command('backbone')
    .summary('make a backbone for pictures of any ONNX model')
    .description(
      'Makes a backbone for pictures of any convolutional ONNX model: `inspect` says what it takes and what can be tapped in it, `prepare` writes ' +
        'one file from pixels to a few numbers per channel of the taps, which says of itself how pictures must be fed to it (docs/backbones.md). `distance` says how far pictures are from those of its training.',
    )
    .addCommand(inspectCommand(out))
    .addCommand(prepareCommand(out))
    .addCommand(distanceCommand(out))
    .addHelpText(
      'after',
      '\nExamples:\n  $ driftwatch backbone inspect model.onnx\n  $ driftwatch backbone prepare model.onnx --taps layer2,layer3 -o backbone.onnx',
    )
