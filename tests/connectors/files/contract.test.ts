import { gzipSync } from 'node:zlib'
import { fileSource } from '../../../connectors/files/file.js'
import { silent } from '../../contract/silent-logger.js'
import { describeSourceContract, type SourceHarness } from '../../contract/source-contract.js'
import { npy, writeTemporary } from './write.js'

/** Sources over a file that is written once. */
const harness = async (name: string, content: string | Uint8Array, values: readonly Buffer[]): Promise<SourceHarness> => {
  const path = await writeTemporary(name, content)
  return {
    values,
    open: () => fileSource.create(fileSource.schema.parse({ path }), { monitor: 'test', logger: silent }),
    close: async () => undefined,
  }
}

const lines = (count: number, line: (i: number) => string) => Array.from({ length: count }, (_, i) => line(i))
const csvLines = (count: number) => lines(count, (i) => `${i},${i / 3},text ${'é'.repeat(i % 7)}`)
const buffers = (texts: readonly string[]) => texts.map((text) => Buffer.from(text))
const traits = { finite: true, remembers: false }

describeSourceContract('file, csv', traits, (count) => {
  const rows = csvLines(count)
  return harness('rows.csv', `a,b,c\n${rows.map((row) => `${row}\n`).join('')}`, buffers(rows))
})

describeSourceContract('file, csv.gz with \\r\\n and no last line break', traits, (count) => {
  const rows = csvLines(count)
  return harness('rows.CSV.gz', gzipSync(['a,b,c', ...rows].join('\r\n')), buffers(rows))
})

describeSourceContract('file, ndjson', traits, (count) => {
  const rows = lines(count, (i) => JSON.stringify({ i, text: 'x'.repeat(i % 900) }))
  return harness('rows.ndjson', rows.map((row) => `${row}\n`).join(''), buffers(rows))
})

describeSourceContract('file, npy', traits, (count) => {
  const rows = Array.from({ length: count }, (_, i) => Buffer.from(Float64Array.of(i, -i, 1 / (i + 1)).buffer))
  return harness('rows.npy', npy("'<f8'", `(${count}, 3)`, Buffer.concat(rows)), rows)
})
