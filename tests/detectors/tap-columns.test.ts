import { describe, expect, it } from 'vitest'
import { tapColumnsOf } from '../../detectors/tap-columns.js'

describe('columns of taps', () => {
  it('are known by the names that a backbone gives to features', () => {
    const features = ['f4.mean.0', 'f4.mean.1', 'f4.logSd.0', 'f4.logSd.1', 'conv/out.max.0', 'conv/out.logSd.0', 'patches.score']
    expect(tapColumnsOf(features)).toEqual([
      { columns: [0, 1, 2, 3], means: [0, 1], logSds: [2, 3] },
      { columns: [4, 5], means: [], logSds: [5] },
    ])
  })

  it('there are none where features are of something else', () => {
    expect(tapColumnsOf(['temperature', 'mean.1', 'pump.flow.2'])).toEqual([])
  })
})
