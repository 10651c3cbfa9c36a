import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../config/load.js'
import { config } from './texts.js'

const problems = (links: string): string[] => {
  const result = parseConfig(config({ links }), {})
  return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`)
}

describe('links of a monitor', () => {
  it('take the places of an alert', () => {
    expect(problems("{ dashboard: 'https://g.example.org/d?m={monitor}&s={stream}', runbook: 'http://wiki/{kind}#{severity}' }")).toEqual(
      [],
    )
  })

  it.each([
    ['no URL', "{ runbook: 'wiki/{kind}' }", /links.runbook: is not a URL/],
    ['a script', "{ dashboard: 'javascript:alert(1)' }", /links.dashboard: is not a URL/],
    ['an unknown place', "{ dashboard: 'https://g/{tenant}' }", /links.dashboard: \{tenant\} stands for nothing; expected \{monitor\}/],
    ['an unknown link', "{ wiki: 'https://g' }", /links/],
  ])('refuse %s', (_what, links, expected) => {
    expect(problems(links)).toEqual([expect.stringMatching(expected)])
  })

  it('decide nothing about alerts: the version stays', () => {
    const version = (changes: object) => {
      const result = parseConfig(config({ ...changes }), {})
      return result.ok ? result.config.monitors[0].version : result.problems
    }
    expect(version({ links: "{ runbook: 'https://wiki' }" })).toBe(version({}))
  })
})
