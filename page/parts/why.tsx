import { changedSpread, tellsFeatures } from '../../alerts/causes.js'
import type { Contribution } from '../../alerts/event.js'
import { chance, percent, short, sigmas } from '../../alerts/words.js'
import { figure } from '../model/words.js'

/** Deviation from which a bar has its full colour. */
const FULL = 3

interface Props {
  readonly title: string
  readonly contributions: readonly Contribution[]
}

/**
 * What moved the score: a bar per feature to the side to which the feature has moved, as long as its part of the score. A feature that
 * makes the score smaller has a hollow one. Where the detector knows no features, it is as long as the feature has moved.
 */
export function Why({ title, contributions }: Props) {
  const parts = tellsFeatures(contributions)
  const lengthOf = ({ share, sigma }: Contribution) => Math.abs(parts ? share : sigma)
  const longest = Math.max(...contributions.map(lengthOf))
  const total = contributions.reduce((sum, { share }) => sum + Math.max(share, 0), 0)
  return (
    <section class="why">
      <h3>
        {title}{' '}
        <small>
          {parts
            ? 'length: part of the score; side, colour: how far from the mean'
            : 'of the score no feature has a part of its own; length: how far from the mean'}
        </small>
      </h3>
      <table>
        <thead class="unseen">
          <tr>
            <th scope="col">feature</th>
            <th scope="col">direction</th>
            <th scope="col">deviation</th>
            <th scope="col">value</th>
            <th scope="col">part of the score</th>
          </tr>
        </thead>
        <tbody>
          {contributions.map((one) => (
            <Bar
              key={one.feature}
              one={one}
              length={longest > 0 ? lengthOf(one) / longest : 0}
              part={parts && total > 0 ? one.share / total : undefined}
            />
          ))}
        </tbody>
      </table>
    </section>
  )
}

function Bar({ one, length, part }: { readonly one: Contribution; readonly length: number; readonly part: number | undefined }) {
  const side = one.sigma < 0 ? 'below' : 'above'
  return (
    <tr>
      <th scope="row" title={one.feature}>
        {one.feature}
      </th>
      <td class="bars">
        <span class="unseen">{side}</span>
        <i
          class={`bar ${side} ${one.share < 0 ? 'lessens' : ''}`}
          style={{ width: `${Math.max(1, 50 * length)}%`, opacity: strengthOf(one) }}
        />
      </td>
      <td class="number strong">{moved(one)}</td>
      <td class="number" title="The value seen, in the feature’s own unit">
        {figure(one.value)}
      </td>
      <td class="number quiet" title={`Part of the score ${short(one.share)}${one.pValue === undefined ? '' : `; ${chance(one.pValue)}`}`}>
        {part === undefined ? '' : part < 0 ? `−${percent(-part)}` : percent(part)}
      </td>
    </tr>
  )
}

/** Paler where the feature itself has hardly moved: the score may be about how features go together. */
const strengthOf = (one: Contribution): number => 0.25 + 0.75 * Math.min(1, Math.abs(one.sigma) / FULL)

const moved = (one: Contribution): string => {
  const spread = changedSpread(one)
  return spread === undefined ? sigmas(one.sigma) : `spread ×${short(spread)}`
}

interface LatelyProps {
  readonly features: readonly { readonly feature: string; readonly sigma: number }[]
  /** No alert is open. */
  readonly quiet: boolean
}

/** Where there is no alert to tell of: what stood out in the last records. */
export const Lately = ({ features, quiet }: LatelyProps) => {
  const longest = Math.max(5, ...features.map(({ sigma }) => Math.abs(sigma)))
  return (
    <section class="why">
      <h3>
        Lately <small>what stood out most in the last records{quiet && ': nothing unusual'}</small>
      </h3>
      <table>
        <tbody>
          {features.map(({ feature, sigma }) => (
            <tr key={feature}>
              <th scope="row" title={feature}>
                {feature}
              </th>
              <td class="bars">
                <i class={`bar ${sigma < 0 ? 'below' : 'above'}`} style={{ width: `${(50 * Math.abs(sigma)) / longest}%` }} />
              </td>
              <td class="number strong">{sigmas(sigma)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
