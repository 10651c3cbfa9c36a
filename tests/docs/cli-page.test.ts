import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { commandLinePage } from '../../cli/cli-page.js'
import { program } from '../../cli/program.js'

const page = commandLinePage()

it('docs/cli.md is what the commands say now (else: npm run docs)', () => {
  expect(readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8')).toBe(page)
})

it('has a section with the examples of every command, and the exit codes', () => {
  for (const command of program().commands) {
    const [, section = ''] = page.split(`\n## ${command.name()}\n`)
    expect(section.split('\n## ')[0], command.name()).toMatch(/^Usage: .*Examples:/ms)
  }
  expect(page).toMatch(/^Exit codes:$/m)
})
