import { writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { type Concordance, cIndex, kendallTau } from '../alerts/concordance.js'
import { concordanceOf, heldOut } from '../alerts/held-out.js'
import { fitOrdinal, type OrdinalFit, type Rating } from '../alerts/ordinal-fit.js'
import { severities } from '../alerts/severity.js'
import { axisNames, pointModel } from '../alerts/severity-model.js'
import { CommandError, unreachable } from './exit.js'
import { ratingColumns, readRatings } from './severity-ratings.js'
import { type Output, table } from './terminal.js'

/** Fewer alerts tell more of themselves than of the next ones. */
const LEAST_ALERTS = 50
const FOLDS = 5

const examples = '\nExamples:\n  $ driftwatch severity fit ratings.csv\n  $ driftwatch severity fit ratings.csv --out severity.json'

export const command = (out: Output = process.stdout): Command =>
  new Command('severity')
    .summary('learn severities from the ratings of operators')
    .description('Learns how severe alerts are from what operators say of past ones.')
    .helpCommand(false)
    .addCommand(fitCommand(out))
    .addHelpText('after', examples)

const fitCommand = (out: Output): Command =>
  new Command('fit')
    .summary('fit an ordinal model to a csv file of ratings')
    .description(
      'Fits a proportional-odds model of the ratings by rarity, effect, persistence and agreement, with an offset for each rater, so that strict ' +
        'and lenient raters can be mixed. Prints how well it orders alerts that it has not seen (C-index and tau_b), beside the default. ' +
        `Columns: ${ratingColumns}. At least ${LEAST_ALERTS} alerts.`,
    )
    .argument('<ratings>', 'csv file with a header, one rating per line; an alert may have several')
    .option('-o, --out <file>', 'where the model goes: JSON, for `alerting.severityModel` of the configuration')
    .addHelpText('after', examples)
    .action((path: string, options: { readonly out?: string }) => learn(path, options.out, out))

async function learn(path: string, to: string | undefined, out: Output): Promise<void> {
  const ratings = await readRatings(path)
  refuseTooLittle(path, ratings)
  const model = fitOrdinal(ratings)
  out.write(`${report(ratings, model)}\n`)
  if (to === undefined) return
  const { weights, cuts } = model
  await writeFile(to, `${JSON.stringify({ weights, cuts }, rounded, 2)}\n`).catch(unreachable)
  out.write(`\nwritten to ${to}; to use it, put its content under alerting.severityModel of the configuration\n`)
}

const rounded = (_key: string, value: unknown): unknown => (typeof value === 'number' ? Number(value.toPrecision(6)) : value)

function refuseTooLittle(path: string, ratings: readonly Rating[]): void {
  const alerts = new Set(ratings.map(({ alertId }) => alertId)).size
  if (alerts < LEAST_ALERTS)
    throw new CommandError(
      'usage',
      `${path} rates ${alerts} alerts; expected ratings of ${LEAST_ALERTS} or more, for fewer teach nothing reliable`,
    )
  const [first] = ratings
  if (ratings.every(({ rating }) => rating === first.rating))
    throw new CommandError('usage', `${path}: every rating is ${first.rating}; expected two or more levels, or there is nothing to learn`)
}

function report(ratings: readonly Rating[], { weights, cuts, raters }: OrdinalFit): string {
  const alerts = new Set(ratings.map(({ alertId }) => alertId)).size
  const used = severities.map((level) => `${ratings.filter(({ rating }) => rating === level).length} ${level}`)
  return [
    `${ratings.length} ratings (${used.join(', ')}) of ${alerts} alerts by ${raters.size} raters`,
    '',
    table([
      ['order of pairs of alerts that one rater rated', 'C-index', 'tau_b'],
      orderRow(`this model, on alerts that it was not fitted to (${FOLDS} folds)`, heldOut(ratings, FOLDS)),
      orderRow('the default', concordanceOf(ratings, pointModel)),
    ]),
    '',
    table([['input', 'weight'], ...axisNames.map((axis) => [axis, figure(weights[axis])])]),
    '',
    table([['level', 'from a sum of'], ...cuts.map((cut, i) => [severities[i + 1], figure(cut)])]),
    '',
    table([['rater', 'rates higher by'], ...[...raters].map(([rater, offset]) => [rater, figure(offset)])]),
  ].join('\n')
}

const orderRow = (name: string, pairs: Concordance): string[] => [name, figure(cIndex(pairs)), figure(kendallTau(pairs))]

const figure = (x: number): string => x.toFixed(3)
