import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Rating } from '../../alerts/ordinal-fit.js'
import { severityModelSchema } from '../../alerts/severity-model.js'
import { ratingsOf } from '../alerts/ratings.js'
import { run } from './capture.js'

const header = 'alertId,rarity,effect,persistence,detectors,rater,rating'
/** What the axes were made from. */
const line = ({ alertId, axes, rater, rating }: Rating) =>
  [alertId, axes.rarity, 2 ** axes.effect, (1 + 5 * axes.persistence) / 12, 1 + axes.detectors, rater, rating].join(',')
const folder = mkdtempSync(join(tmpdir(), 'driftwatch-severity-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const file = (lines: readonly string[]): string => {
  const path = join(folder, `ratings-${files++}.csv`)
  writeFileSync(path, lines.join('\n'))
  return path
}
const raters = { ada: -1, grace: 1 }

describe('driftwatch severity fit', () => {
  it('says how well it orders, whom it asked, and writes a model for the configuration', async () => {
    const path = file([header, ...ratingsOf(120, raters).map(line)])
    const to = `${path}.json`
    const { code, out, err } = await run('severity', 'fit', path, '--out', to)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^240 ratings \(\d+ info, \d+ warning, \d+ error, \d+ critical\) of 120 alerts by 2 raters\n/)
    expect(out).toMatch(/^this model, on alerts that it was not fitted to \(5 folds\) +0\.[89]\d\d +0\.[567]\d\d$/m)
    expect(out).toMatch(/^the default +0\.\d{3} +0\.\d{3}$/m)
    expect(out).toMatch(/^ada +-[01]\.\d{3}$/m)
    expect(out).toMatch(/^grace +[01]\.\d{3}$/m)
    expect(severityModelSchema.safeParse(JSON.parse(readFileSync(to, 'utf8'))).success).toBe(true)
  })

  it('takes rates as the events have them', async () => {
    const rates = 'alertId,falseAlarmsPerDay,budgetPerDay,resolutionPerDay,effect,persistence,detectors,rater,rating'
    const lines = ratingsOf(60, raters).map((rating) => {
      const [alertId, rarity, ...rest] = line(rating).split(',')
      return [alertId, 10 ** -Number(rarity), 1, 0.001, ...rest].join(',')
    })
    const [byRate, byRarity] = [file([rates, ...lines]), file([header, ...ratingsOf(60, raters).map(line)])]
    const report = async (path: string) => (await run('severity', 'fit', path)).out
    expect(await report(byRate)).toBe(await report(byRarity))
  })

  const many = ratingsOf(60, raters).map(line)
  it.each<[string, string[], RegExp]>([
    ['too few alerts', [header, ...many.slice(0, 98)], /rates 49 alerts; expected ratings of 50 or more/],
    ['no ratings', [header], /rates 0 alerts/],
    ['one level', [header, ...many.map((one) => one.replace(/[a-z]+$/, 'error'))], /every rating is error; expected two or more levels/],
    ['a level that is none', [header, ...many, 'x,0,1,0,1,ada,fatal'], /line 122, rating: .*expected the columns alertId/],
    ['no number', [header, ...many, 'x,0,strong,0,1,ada,info'], /line 122, effect: /],
    ['a missing column', ['alertId,rater,rating', 'a,ada,info'], /line 2, effect: /],
    ['a line that is too long', [header, 'a,1,2,3,4,5,6,7,8'], /is no csv file with a header/],
  ])('refuses %s', async (_, lines, message) => {
    const { code, err } = await run('severity', 'fit', file(lines))
    expect(code).toBe(2)
    expect(err).toMatch(message)
  })

  it('says which file it cannot read', async () => {
    expect(await run('severity', 'fit', '/nowhere/ratings.csv')).toMatchObject({
      code: 5,
      err: expect.stringMatching('/nowhere/ratings.csv'),
    })
  })
})
