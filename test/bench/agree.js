// Whether two outputs say the same: every row, streamed.
import { closeSync, openSync, readSync } from 'node:fs'

/** Throws at the first row where ids or labels differ, or a probability is further than `within` from ours, relatively;
 * if that is 0, where a byte differs. Headers may differ. */
export function agree(ours, theirs, within) {
  const other = lines(theirs)
  let row = 0
  for (const line of lines(ours)) {
    const { value = '' } = other.next()
    if (line !== value && !isHeader(line, row) && (within === 0 || !near(cellsOf(line), cellsOf(value), within))) {
      throw new Error(`row ${row} differs:\n${line.slice(0, 300)}\n${value.slice(0, 300)}`)
    }
    row++
  }
  if (!other.next().done) throw new Error(`more than ${row} lines`)
}

function isHeader(line, row) {
  return row === 0 && !line.startsWith('{')
}

/** Cells of CSV, or all that an object of NDJSON holds, in order. */
function cellsOf(line) {
  return line.startsWith('{') ? Object.values(JSON.parse(line)).flat().map(String) : line.split(',')
}

function near(ours, theirs, within) {
  const last = ours.length - 1
  if (theirs.length !== ours.length || theirs[0] !== ours[0] || theirs[last] !== ours[last]) return false
  for (let cell = 1; cell < last; cell++) {
    if (!(Math.abs(theirs[cell] - ours[cell]) <= within * Math.abs(ours[cell]))) return false
  }
  return true
}

function* lines(path) {
  const file = openSync(path)
  const block = Buffer.alloc(1 << 20)
  let rest = ''
  for (let size = readSync(file, block); size > 0; size = readSync(file, block)) {
    const whole = (rest + block.latin1Slice(0, size)).split('\n')
    rest = whole.pop()
    yield* whole
  }
  closeSync(file)
  if (rest !== '') yield rest
}
