import { type Evidence, grade, type Resolution } from '../alerts/grade.js'
import { severities } from '../alerts/severity.js'

interface Curve {
  readonly label: string
  readonly colour: string
  readonly at: (x: number) => { readonly found?: Partial<Evidence>; readonly resolution?: Partial<Resolution> }
}

interface Panel {
  readonly title: string
  readonly subtitle: string
  readonly from: number
  readonly to: number
  readonly ticks: readonly (readonly [x: number, label: string])[]
  readonly curves: readonly Curve[]
}

/** One detector at its limit for the first time, at the budget. */
const least: Evidence = { falseAlarmsPerDay: 1, pValue: 1, score: 1, effect: 1, persistence: 1 / 12, detectors: ['one'] }
/** A reference that certifies no level by rarity. */
const short: Resolution = { budgetPerDay: 1, k: 8, status: 'OK' }

const [blue, orange, green, grey] = ['#1f6feb', '#bc4c00', '#1a7f37', '#6e7781']

const panels: readonly Panel[] = [
  {
    title: 'by effect',
    subtitle: 'score over its limit; persistence as given',
    from: 0,
    to: 5,
    ticks: [0, 1, 2, 3, 4, 5].map((x) => [x, `${2 ** x}×`]),
    curves: [
      { label: 'lasting: 6 of 12', colour: orange, at: (x) => ({ found: { effect: 2 ** x, persistence: 1 / 2 } }) },
      { label: 'once: 1 of 12', colour: blue, at: (x) => ({ found: { effect: 2 ** x } }) },
      {
        label: 'lasting, REFUSED',
        colour: grey,
        at: (x) => ({ found: { effect: 2 ** x, persistence: 1 / 2 }, resolution: { status: 'REFUSED' } }),
      },
    ],
  },
  {
    title: 'by persistence',
    subtitle: 'of 12 evaluations over the limit; effect as given',
    from: 1,
    to: 12,
    ticks: [1, 3, 6, 9, 12].map((x) => [x, `${x}`]),
    curves: [
      { label: '4× the limit', colour: orange, at: (x) => ({ found: { effect: 4, persistence: x / 12 } }) },
      { label: '2× the limit', colour: green, at: (x) => ({ found: { effect: 2, persistence: x / 12 } }) },
      { label: 'at the limit', colour: blue, at: (x) => ({ found: { persistence: x / 12 } }) },
    ],
  },
  {
    title: 'by rarity',
    subtitle: 'budget over λ; K: alerts allowed in the reference',
    from: 0,
    to: 4,
    ticks: [0, 1, 2, 3, 4].map((x) => [x, `${(10 ** x).toLocaleString('en-GB')}`]),
    curves: [3000, 300, 30, 8].map((k, i) => ({
      label: `K = ${k}`,
      colour: [orange, green, blue, grey][i],
      at: (x) => ({ found: { falseAlarmsPerDay: 10 ** -x }, resolution: { k } }),
    })),
  },
]

const WIDTH = 300
const HEIGHT = 240
const GAP = 36
const LEFT = 70
const TOP = 62
const bands = ['#ddf4ff', '#fff8c5', '#ffe2cc', '#ffd8d3']

/** docs/pictures/severity.svg: the severity score, drawn from the very function that grades. */
export function severityPicture(): string {
  const width = LEFT + panels.length * (WIDTH + GAP)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${TOP + HEIGHT + 36}" font-family="system-ui, Helvetica, Arial, sans-serif" font-size="12">`,
    '<title>The severity score by effect, persistence and rarity</title>',
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    ...severities.map((severity, level) => text(LEFT - 8, vertical(level + 0.5) + 4, severity, 'end')),
    ...panels.flatMap((panel, index) => drawPanel(panel, LEFT + index * (WIDTH + GAP))),
    '</svg>',
    '',
  ].join('\n')
}

function drawPanel({ title, subtitle, from, to, ticks, curves }: Panel, left: number): string[] {
  const horizontal = (x: number) => left + (WIDTH * (x - from)) / (to - from)
  const path = ({ at }: Curve) =>
    Array.from({ length: STEPS + 1 }, (_, i) => from + (i * (to - from)) / STEPS)
      .map((x) => `${horizontal(x).toFixed(1)},${vertical(scoreAt(at(x))).toFixed(1)}`)
      .join(' ')
  return [
    text(left, TOP - 36, title, 'start', ' font-weight="600" font-size="14"'),
    text(left, TOP - 18, subtitle, 'start', ' fill="#57606a"'),
    ...bands.map((fill, level) => `<rect x="${left}" y="${vertical(level + 1)}" width="${WIDTH}" height="${HEIGHT / 4}" fill="${fill}"/>`),
    ...ticks.map(([x, label]) => text(horizontal(x), TOP + HEIGHT + 18, label, 'middle', ' fill="#57606a"')),
    ...curves.map((curve) => `<polyline points="${path(curve)}" fill="none" stroke="${curve.colour}" stroke-width="2"/>`),
    ...curves.map(({ label, colour }, i) => text(left + 10, TOP + 18 + 16 * i, label, 'start', ` fill="${colour}" font-weight="600"`)),
  ]
}

const STEPS = 240

const scoreAt = ({ found, resolution }: ReturnType<Curve['at']>): number => grade({ ...least, ...found }, { ...short, ...resolution }).score

const vertical = (score: number): number => TOP + HEIGHT * (1 - score / severities.length)

const text = (x: number, y: number, content: string, anchor: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${more}>${content}</text>`
