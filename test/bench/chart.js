/**
 * Draws a row of the table of speeds in README.md as bars, so that the picture has no figures of its own.
 *
 * Usage: node test/bench/chart.js > .github/speed.svg
 */
import { readFileSync } from 'node:fs'
import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

const ROW = '| CSV, 10,000,000 x 10'
const TITLE = 'Seconds to score ten million rows of ten logits, CSV to CSV, on two cores'
/** It maps the file into memory, and is measured as a limit only. */
const LIMIT = 'Rust'
/** On light and on dark pages. */
const STYLE = 'svg { color: #1f2328 } @media (prefers-color-scheme: dark) { svg { color: #e6edf3 } }'

const lines = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').split('\n')
const row = lines.findIndex((line) => line.startsWith(ROW))
const headAt = lines.findLastIndex((line, nth) => nth < row && line.startsWith('| |'))
const cellsOf = (line) =>
  line
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim().replaceAll('`', ''))
const seconds = cellsOf(lines[row]).map(Number.parseFloat)
const bars = cellsOf(lines[headAt])
  .map((program, nth) => ({ program, seconds: seconds[nth] }))
  .filter(({ program }) => program !== LIMIT)
  .sort((a, b) => a.seconds - b.seconds)

const { document } = parseHTML('<html></html>')
const figure = Plot.plot({
  document,
  width: 720,
  height: 172,
  marginTop: 36,
  marginLeft: 145,
  marginRight: 60,
  x: { axis: null },
  y: { label: null, domain: bars.map(({ program }) => program), tickSize: 0, padding: 0.25 },
  marks: [
    Plot.barX(bars, { x: 'seconds', y: 'program', fill: (_, nth) => (nth === 0 ? '#2f8f5b' : '#98a2ad') }),
    Plot.text(bars, {
      x: 'seconds',
      y: 'program',
      text: ({ seconds }) => seconds.toFixed(1),
      textAnchor: 'start',
      dx: 6,
    }),
    Plot.text([TITLE], { frameAnchor: 'top-left', dx: -140, dy: -30, textAnchor: 'start', fontWeight: 'bold' }),
  ],
})
figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
figure.setAttribute('font-size', '14')
figure.insertAdjacentHTML('afterbegin', `<title>${TITLE}</title><style>${STYLE}</style>`)
console.log(figure.outerHTML)
