// Seeded inputs of the bench: the same bytes on every machine.
import { closeSync, openSync, writeSync } from 'node:fs'

const BLOCK = 1 << 20

/** How a format writes its first line, of the names of logits, and a row. */
const TEXTS = {
  csv: delimitedBy(','),
  tsv: delimitedBy('\t'),
  ndjson: { header: () => '', row: (id, logits) => `{"id":${id},"logits":[${logits}]}\n` },
}

function delimitedBy(delimiter) {
  const row = (id, cells) => `${id}${delimiter}${cells.join(delimiter)}\n`
  return { header: (names) => row('id', names), row }
}

/** Writes rows of an id and normal logits (mean 0, deviation 5), as float32 or double text. */
export function writeLogits(path, { rows, classes, digits, format, seed = 1 }) {
  const random = mulberry32(seed)
  const print = digits === 'float32' ? shortestFloat32 : String
  const file = openSync(path, 'w')
  const indexes = Array.from({ length: classes }, (_, index) => index)
  const { header, row } = TEXTS[format]
  let text = header(indexes.map((index) => `logit_${index}`))
  for (let id = 0; id < rows; id++) {
    text += row(
      id,
      indexes.map(() => print(5 * normal(random))),
    )
    if (text.length > BLOCK) {
      writeSync(file, text)
      text = ''
    }
  }
  writeSync(file, text)
  closeSync(file)
}

function shortestFloat32(value) {
  const single = Math.fround(value)
  for (let digits = 6; digits < 9; digits++) {
    const shorter = Number(single.toPrecision(digits))
    if (Math.fround(shorter) === single) return String(shorter)
  }
  return String(Number(single.toPrecision(9)))
}

function normal(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** Tommy Ettinger's 32-bit generator: enough for test data, and the same everywhere. */
function mulberry32(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
