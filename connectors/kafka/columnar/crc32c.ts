/** CRC-32C (Castagnoli, RFC 3720 appendix B.4), the checksum of record batches, eight bytes a step (slicing-by-8, Kounavis and Berry 2005). */

const polynomial = 0x82f63b78

const tables = makeTables()

function makeTables(): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    return crc
  })
  const all = [first]
  for (let k = 1; k < 8; k++) all.push(all[k - 1].map((crc) => (crc >>> 8) ^ first[crc & 0xff]))
  return all
}

/** The checksum of `bytes` from `start` to `end`. */
export function crc32c(bytes: Buffer, start = 0, end = bytes.length): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables
  let crc = 0xffffffff
  let at = start
  for (; at + 8 <= end; at += 8) {
    crc ^= bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
    crc =
      t7[crc & 0xff] ^
      t6[(crc >>> 8) & 0xff] ^
      t5[(crc >>> 16) & 0xff] ^
      t4[crc >>> 24] ^
      t3[bytes[at + 4]] ^
      t2[bytes[at + 5]] ^
      t1[bytes[at + 6]] ^
      t0[bytes[at + 7]]
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]) & 0xff]
  return (crc ^ 0xffffffff) >>> 0
}
