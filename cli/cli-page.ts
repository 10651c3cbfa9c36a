import type { Command } from 'commander'
import { program } from './program.js'

/** The page docs/cli.md: the help of every command, as the program prints it. */
export function commandLinePage(): string {
  let written = ''
  const write = (text: string | Uint8Array): boolean => {
    written += text
    return true
  }
  const root = program({ write })
  const help = (command: Command): string => {
    written = ''
    command.configureOutput({ getOutHelpWidth: () => 100, getOutHasColors: () => false }).outputHelp()
    return `\`\`\`text\n${written.trimEnd()}\n\`\`\``
  }
  const sections = root.commands.flatMap((command) => [
    `## ${command.name()}`,
    help(command),
    ...command.commands.flatMap((sub) => [`## ${command.name()} ${sub.name()}`, help(sub)]),
  ])
  return [head, help(root), ...sections].join('\n\n').concat('\n')
}

const head = `# Command line

<!-- Made by \`npm run docs\` from the commands; do not edit. -->

What \`driftwatch --help\` and the \`--help\` of each command print.`
