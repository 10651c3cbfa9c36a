import { multiply } from '../../detectors/matmul.js'
import { compareParts } from '../../references/between.js'
import { type Move, movesBetween } from '../../references/moves.js'
import type { Reference } from '../../references/reference.js'
import { harmless } from '../../telemetry/terminal.js'
import { table } from '../terminal.js'

const MOST_FEATURES = 20

/** What has changed from one reference to the next: whether the old one still describes the data, and each feature's move. */
export async function movesReport(old: Reference, now: Reference): Promise<string> {
  if (old.detrend !== now.detrend) return 'The two do not subtract the same slow mean, so their features cannot be compared.'
  const moves = movesBetween(old, now)
  const rows = moves
    .slice(0, MOST_FEATURES)
    .map((move) => [harmless(move.feature), digits(move.before), digits(move.after), ...sizes(move)])
  const rest = moves.length - rows.length
  return [
    await verdict(old, now),
    table([['feature', 'mean before', 'after', 'shift (sd before)', 'spread after / before'], ...rows]),
    ...(rest > 0 ? [`and ${rest} that moved less`] : []),
  ].join('\n')
}

async function verdict(old: Reference, now: Reference): Promise<string> {
  const gone = old.features.filter((feature) => !now.features.includes(feature))
  const added = now.features.filter((feature) => !old.features.includes(feature))
  if (gone.length + added.length > 0) return `Features changed: without ${named(gone)}, new ${named(added)}. Those of both:`
  if (old.features.join('\n') !== now.features.join('\n')) return 'Features stand in another order. Since the old reference:'
  const parts = [
    { name: 'old', reference: old },
    { name: 'new', reference: now },
  ]
  const [{ passed, s1, s2 }] = await compareParts(parts, old.whitening, multiply)
  const figures = `s1 ${digits(s1)}${s2 === undefined ? '' : `, s2 ${digits(s2)}`}`
  return passed
    ? `The old reference still describes these data (${figures}): a new one is not needed. Since the old reference:`
    : `The old reference no longer describes these data (${figures}). Since the old reference:`
}

const named = (features: readonly string[]): string => (features.length === 0 ? 'none' : features.map((name) => harmless(name)).join(', '))
const sizes = ({ shift, spread }: Move): [string, string] => [
  shift === undefined ? 'was constant' : digits(shift),
  spread === undefined ? '' : digits(spread),
]
const digits = (value: number): string => String(Number(value.toPrecision(3)))
