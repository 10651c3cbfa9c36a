import { describe, expect, it } from 'vitest'
import { codecs } from '../../../connectors/codecs/registry.js'
import { codecCases } from '../../contract/codec-cases.js'
import { describeCodecContract } from '../../contract/codec-contract.js'

for (const kind of codecs) {
  for (const [name, each] of Object.entries(codecCases[kind.type] ?? {})) describeCodecContract(name, kind, each)
}

describe('codec registry', () => {
  it('has a contract case for every codec', () => {
    expect(codecs.map(({ type }) => type)).toEqual(Object.keys(codecCases))
  })
})
