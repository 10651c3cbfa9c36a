// Draws what a terminal showed, as SVG:  script -qec 'driftwatch demo --once' /dev/null | node docs/pictures/terminal.js 40 > docs/pictures/demo.svg
import { readFileSync } from 'node:fs'

const colours = { 1: '#ffffff', 2: '#8b949e', 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 36: '#79c0ff' }
const lineHeight = 19
const charWidth = 8.43
const maxLines = Number(process.argv[2] ?? 60)

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Runs of one style: [text, codes]. */
function spans(line) {
  const runs = []
  let codes = []
  for (const part of line.split(/(\u001b\[[0-9;]*m)/)) {
    const code = /^\u001b\[([0-9;]*)m$/.exec(part)
    if (code === null) runs.push([part, codes])
    else if (code[1] === '0' || code[1] === '') codes = []
    else if (['22', '27', '39', '49'].includes(code[1])) codes = []
    else codes = [...codes, ...code[1].split(';')]
  }
  return runs.filter(([text]) => text !== '')
}

const style = (codes) => {
  const alarm = codes.includes('41')
  const colour = codes.map((code) => colours[code]).find((found) => found !== undefined && found !== '#ffffff')
  const weight = alarm || codes.includes('1') ? ' font-weight="600"' : ''
  return `fill="${alarm ? '#ff9492' : (colour ?? (codes.includes('1') ? '#ffffff' : '#d0d7de'))}"${weight}`
}

const lines = readFileSync(0, 'utf8')
  .split('\n')
  .map((line) => line.split('\r').filter((part) => part !== '').at(-1) ?? '')
  .map((line) => line.replace(/\u001b\[2K/g, ''))
  .filter((line) => !/^(reading|calibrating) /.test(line))
  .slice(0, maxLines)
const width = Math.max(...lines.map((line) => line.replace(/\u001b\[[0-9;]*m/g, '').length)) * charWidth + 40
const rows = lines.map((line, i) => {
  const inner = spans(line)
    .map(([text, codes]) => `<tspan ${style(codes)}>${escape(text)}</tspan>`)
    .join('')
  return `<text x="20" y="${38 + i * lineHeight}" xml:space="preserve">${inner}</text>`
})
process.stdout.write(
  `<svg xmlns="http://www.w3.org/2000/svg" width="${Math.round(width)}" height="${lines.length * lineHeight + 46}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14">` +
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>${rows.join('')}</svg>\n`,
)
