import { Command } from 'commander'
import { describe, expect, it, vi } from 'vitest'
import { CommandError, exitCodes } from '../../cli/exit.js'
import { program, runProgram } from '../../cli/program.js'
import { packageVersion } from '../../cli/version.js'
import { Capture, run } from './capture.js'

describe('driftwatch --help', () => {
  it('gives purpose, commands and every exit code', async () => {
    const { code, out } = await run('--help')
    expect(code).toBe(0)
    expect(out).toMatch(/^Usage: driftwatch/)
    for (const { code, meaning } of Object.values(exitCodes))
      expect(out).toMatch(new RegExp(`^ +${code}  ${meaning.replaceAll(/[()]/g, '\\$&')}$`, 'm'))
  })

  it.each(program().commands.map((command) => command.name()))('of %s says what it does, with examples', async (name) => {
    const { code, out } = await run(name, '--help')
    expect(code).toBe(0)
    expect(out).toContain(`Usage: driftwatch ${name}`)
    expect(out).toMatch(new RegExp(`^Examples:\\n(  .*\\n)*  \\$ .*driftwatch ${name}`, 'm'))
    expect(
      program()
        .commands.find((command) => command.name() === name)
        ?.summary(),
    ).toMatch(/^[a-z].*[^.]$/)
  })

  it('prints the version', async () => expect(await run('--version')).toMatchObject({ code: 0, out: `${packageVersion()}\n` }))
})

describe('wrong usage exits 2', () => {
  it.each<[string, string[], RegExp]>([
    ['without a command', [], /Usage: driftwatch/],
    ['with an unknown command', ['chek'], /unknown command 'chek'\n\(Did you mean check\?\)/],
    ['with an unknown option', ['schema', '--al'], /unknown option '--al'/],
    ['without an argument', ['check'], /missing required argument 'config'/],
    ['with one argument too many', ['schema', 'x'], /too many arguments/],
  ])('%s', async (_how, args, message) => {
    const { code, err } = await run(...args)
    expect(code).toBe(2)
    expect(err).toMatch(message)
  })
})

describe('what a command throws', () => {
  const ending = async (error: unknown, debug = '') => {
    const err = new Capture()
    const root = new Command().exitOverride().action(() => Promise.reject(error))
    vi.stubEnv('DRIFTWATCH_DEBUG', debug)
    const code = await runProgram(root, ['node', 'driftwatch'], err)
    vi.unstubAllEnvs()
    return { code, err: err.text }
  }

  it('is one message and the exit code of its reason, without a stack', async () => {
    expect(await ending(new CommandError('unreachable', 'brokers a:1 cannot be reached'))).toEqual({
      code: 5,
      err: 'error: brokers a:1 cannot be reached\n',
    })
  })

  it('is marked as unexpected when no one foresaw it', async () => {
    expect(await ending(new TypeError('x is not a function'))).toEqual({
      code: 1,
      err: 'error: x is not a function\nThis is not expected; DRIFTWATCH_DEBUG=1 prints where it came from.\n',
    })
  })

  it('shows its stack and cause on request', async () => {
    const { err } = await ending(new CommandError('check', 'failed', { cause: new Error('root of it') }), '1')
    expect(err).toMatch(/error: failed\nCommandError: failed\n +at .*\n.*cause: Error: root of it/s)
  })

  it('is silent when all was said', async () => expect(await ending(new CommandError('usage', ''))).toEqual({ code: 2, err: '' }))
})
