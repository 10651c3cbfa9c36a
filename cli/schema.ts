import { Command } from 'commander'
import { configJsonSchema } from '../config/json-schema.js'
import type { Output } from './terminal.js'

export const command = (out: Output = process.stdout): Command =>
  new Command('schema')
    .summary('print the JSON Schema of the configuration')
    .description('Prints the JSON Schema of the configuration, with which editors complete, explain and check it while it is written.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ driftwatch schema > driftwatch.schema.json\n\nThen, as first line of the configuration (YAML language server):\n' +
        '  # yaml-language-server: $schema=./driftwatch.schema.json',
    )
    .action(() => {
      out.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`)
    })
