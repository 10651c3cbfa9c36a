import { parser } from '@prometheus-io/lezer-promql'
import { build } from '../../dashboards/board.js'
import { boards } from '../../dashboards/index.js'
import { alertingRules } from '../../dashboards/rules/alerting.js'
import { recordingRules } from '../../dashboards/rules/recording.js'
import { streamRules } from '../../dashboards/rules/streams.js'

/** An expression of a panel, an annotation or a rule. */
export interface Expression {
  readonly where: string
  readonly expr: string
  /** Labels that its legend or title shows. */
  readonly shown: readonly string[]
}

const built = boards.map(build)
const shownIn = (text = '') => [...text.matchAll(/\{\{ ?(?:\$labels\.)?(\w+) ?\}\}/g)].map(([, label = '']) => label)

const ofPanels: Expression[] = built.flatMap(({ title, panels = [] }) =>
  panels.flatMap((panel) => {
    if (!('targets' in panel)) return []
    const field = (target: object, name: string) => String(Reflect.get(target, name))
    return (panel.targets ?? []).map((target) => ({
      where: `${title}: ${panel.title}`,
      expr: field(target, 'expr'),
      shown: shownIn(field(target, 'legendFormat')),
    }))
  }),
)

const ofAnnotations: Expression[] = built.flatMap(({ title, annotations }) =>
  (annotations?.list ?? []).map(({ name, expr = '', titleFormat }) => ({ where: `${title}: ${name}`, expr, shown: shownIn(titleFormat) })),
)

export const ofRecordingRules: Expression[] = recordingRules.map(({ record, expr }) => ({ where: record, expr, shown: [] }))
/** Every alerting rule of every file. */
export const everyRule = [...alertingRules, ...streamRules]
export const ofAlertingRules: Expression[] = everyRule.map(({ alert, expr, summary, description }) => ({
  where: alert,
  expr,
  shown: shownIn(summary + description),
}))

/** What dashboards show: each expression once. */
export const ofDashboards: readonly Expression[] = [
  ...new Map([...ofPanels, ...ofAnnotations].map((expression) => [`${expression.expr} ${expression.shown}`, expression])).values(),
]

/** What a variable of a dashboard asks for. */
export const variables = built.flatMap(({ title, templating }) =>
  (templating?.list ?? []).flatMap(({ name, query }) => {
    const asked = /^label_values\((.*), (\w+)\)$/.exec(String(query))
    return asked === null ? [] : [{ where: `${title}: $${name}`, selector: asked[1] ?? '', label: asked[2] ?? '' }]
  }),
)

/** A selector of series in an expression. */
export interface Selector {
  readonly text: string
  readonly metric: string
  /** Labels that it asks for. */
  readonly labels: readonly string[]
}

/** What an expression reads, and the labels that it groups, joins or shows by. @throws Error where it is no PromQL */
export function readsOf(expr: string): { readonly selectors: readonly Selector[]; readonly grouping: readonly string[] } {
  const selectors: { text: string; metric: string; labels: string[] }[] = []
  const grouping: string[] = []
  parser.parse(expr).iterate({
    enter: ({ name, from, to, node }) => {
      const text = expr.slice(from, to)
      if (node.type.isError) throw new Error(`no PromQL at ${from}: ${expr}`)
      if (name === 'VectorSelector') selectors.push({ text, metric: /^[\w:]+/.exec(text)?.[0] ?? '', labels: [] })
      if (name !== 'LabelName') return
      if (node.parent?.name === 'GroupingLabels') grouping.push(text)
      else selectors.at(-1)?.labels.push(text)
    },
  })
  return { selectors, grouping }
}

/** As a reader would see it who has chosen everything, at the pace of the test. */
export const chosen = (expr: string): string =>
  expr
    .replaceAll(/\$(monitor|stream)\b/g, '.*')
    .replaceAll('$__rate_interval', '10s')
    .replaceAll('$__range', '5m')
