export type PictureFormat = 'jpeg' | 'png' | 'webp'

const startsWith = (bytes: Uint8Array, text: string, at = 0): boolean => {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false
  return true
}

const others: readonly { name: string; magic: string; at?: number }[] = [
  { name: 'a GIF', magic: 'GIF8' },
  { name: 'a TIFF', magic: 'II*\0' },
  { name: 'a TIFF', magic: 'MM\0*' },
  { name: 'a PDF', magic: '%PDF' },
  { name: 'a BMP', magic: 'BM' },
  { name: 'HEIF or AVIF', magic: 'ftyp', at: 4 },
  { name: 'JPEG XL', magic: '\xff\x0a' },
  { name: 'SVG or other markup', magic: '<' },
  { name: 'gzip', magic: '\x1f\x8b' },
]

/** What the first bytes say: the only three formats that are read at all, or words for what was found instead. */
export function formatOf(bytes: Uint8Array): PictureFormat | { readonly found: string } {
  if (startsWith(bytes, '\xff\xd8\xff')) return 'jpeg'
  if (startsWith(bytes, '\x89PNG\r\n\x1a\n')) return 'png'
  if (startsWith(bytes, 'RIFF') && startsWith(bytes, 'WEBP', 8)) return 'webp'
  const known = others.find(({ magic, at }) => startsWith(bytes, magic, at))
  return { found: known?.name ?? `the first bytes ${Buffer.from(bytes.subarray(0, 8)).toString('hex')}` }
}

/** Whether the file says that it holds several frames: a PNG with `acTL` before its data, a WebP with the animation flag. */
export function isAnimated(bytes: Uint8Array, format: PictureFormat): boolean {
  if (format === 'jpeg') return false
  // Extended WebP: RIFF size WEBP VP8X size flags.
  if (format === 'webp') return startsWith(bytes, 'VP8X', 12) && (bytes[20] & 0x02) !== 0
  for (const { type } of chunks(bytes)) {
    if (type === 'acTL') return true
    if (type === 'IDAT') return false
  }
  return false
}

/** Whether the end that the format prescribes is missing: EOI of JPEG, IEND of PNG, the size in WebP's header. */
export function isCutOff(bytes: Uint8Array, format: PictureFormat): boolean {
  if (format === 'jpeg') {
    // An embedded thumbnail has an end of its own, which stands before the start of the picture's last scan.
    const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    return file.lastIndexOf('\xff\xd9', undefined, 'latin1') <= file.lastIndexOf('\xff\xda', undefined, 'latin1')
  }
  if (format === 'webp') return bytes.length < 12 || view(bytes).getUint32(4, true) + 8 > bytes.length
  for (const { type, end } of chunks(bytes)) if (type === 'IEND') return end > bytes.length
  return true
}

/** A PNG's chunks: length, type, data, CRC. */
function* chunks(bytes: Uint8Array): Generator<{ type: string; end: number }> {
  for (let at = 8; at + 8 <= bytes.length; ) {
    const end = at + 12 + view(bytes).getUint32(at)
    yield { type: String.fromCharCode(...bytes.subarray(at + 4, at + 8)), end }
    at = end
  }
}

const view = ({ buffer, byteOffset, byteLength }: Uint8Array) => new DataView(buffer, byteOffset, byteLength)
