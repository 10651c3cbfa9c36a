import { describe, expect, it } from 'vitest'
import { crc32c } from '../../../../connectors/kafka/columnar/crc32c.js'

describe('CRC-32C', () => {
  it('has the values of RFC 3720, appendix B.4', () => {
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa)
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
    expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i)))).toBe(0x46dd794e)
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  })

  it('covers the part that is asked for, of any length', () => {
    for (let length = 0; length < 20; length++) {
      const text = Buffer.from('abcdefghijklmnopqrst'.slice(0, length))
      expect(crc32c(Buffer.concat([Buffer.from('xxx'), text, Buffer.from('yy')]), 3, 3 + length)).toBe(crc32c(text))
    }
  })
})
