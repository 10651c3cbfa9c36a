import { describe, expect, it } from 'vitest'
import type { Attribution } from '../../kinds/attribution.js'
import { grouped, tapDepths, tapGroups } from '../../kinds/taps.js'

const taps = [
  { name: 'f4', channels: 2, stride: 4, statistics: ['mean', 'logSd'] },
  { name: 'f32', channels: 1, stride: 32, statistics: ['topShare'] },
]

const attribution = (feature: string, share: number, sigma: number): Attribution => ({
  feature,
  share,
  sigma,
  value: 10 * sigma,
  mean: 0,
  sd: 10,
  constant: false,
})

describe('groups of a backbone’s features', () => {
  it('say depth, statistic and tap in words', () => {
    expect([...tapGroups(taps)]).toEqual([
      ['f4.mean.0', 'fine texture at 1/4, mean (f4)'],
      ['f4.mean.1', 'fine texture at 1/4, mean (f4)'],
      ['f4.logSd.0', 'fine texture at 1/4, spread (f4)'],
      ['f4.logSd.1', 'fine texture at 1/4, spread (f4)'],
      ['f32.topShare.0', 'whole objects at 1/32, peakedness (f32)'],
    ])
    expect(new Set(tapDepths(taps).values())).toEqual(new Set(['fine texture', 'whole objects']))
  })

  it('have the sum of the shares, and the deviation of the channel that deviates most', () => {
    const parts = [
      attribution('f4.mean.0', 3, 1.5),
      attribution('f4.mean.1', -1, -4),
      attribution('f4.logSd.0', 0, 9),
      attribution('other', 2, 1),
    ]
    expect(grouped(parts, tapGroups(taps))).toEqual([
      { ...attribution('fine texture at 1/4, mean (f4)', 2, -4) },
      { ...attribution('other', 2, 1) },
    ])
  })
})
