// What is read: made with a seed in the system's temporary folder, where it stays for the next run.
import { execFileSync } from 'node:child_process'
import { existsSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FOLDER } from './cache.js'
import { PYTHON } from './peers.js'

const MILLION = { rows: 1_000_000, classes: 10 }

/** CSV of float32-printed logits in columns, unless `format`, `digits` or `layout` say otherwise. `to`: the format of the
 * output, where it is another. Those that are `long` take part only when asked for. */
export const INPUTS = {
  million: { title: '1,000,000 x 10', ...MILLION },
  long: { title: '10,000,000 x 10', rows: 10_000_000, classes: 10, long: true },
  pairs: { title: '2,000,000 x 2', rows: 2_000_000, classes: 2 },
  doubles: { title: '300,000 x 10, 17-digit doubles', rows: 300_000, classes: 10, digits: 'float64' },
  wide: { title: '10,000 x 1000', rows: 10_000, classes: 1000 },
  ndjson: { title: '1,000,000 x 10, NDJSON, lists', ...MILLION, format: 'ndjson', layout: 'lists' },
  'to-parquet': { title: '1,000,000 x 10, CSV to Parquet', ...MILLION, to: 'parquet' },
  parquet: { title: '1,000,000 x 10, Parquet', ...MILLION, format: 'parquet' },
  'parquet-lists': { title: '1,000,000 x 10, Parquet, lists', ...MILLION, format: 'parquet', layout: 'lists' },
  arrow: { title: '1,000,000 x 10, Arrow', ...MILLION, format: 'arrow' },
  'arrow-lists': { title: '1,000,000 x 10, Arrow, lists', ...MILLION, format: 'arrow', layout: 'lists' },
  tsv: { title: '1,000,000 x 10, TSV', ...MILLION, format: 'tsv' },
  small: { title: '1,000 x 10', rows: 1000, classes: 10 },
}

/** The path of an input, which is made if it is not there. It gets its name when it is whole. */
export function make({ rows, classes, digits = 'float32', format = 'csv', layout = 'columns' }) {
  const path = join(FOLDER, `${rows}x${classes}-${digits}-${layout}.${format}`)
  if (existsSync(path)) return path
  console.error(`making ${path}`)
  const part = join(FOLDER, `part.${format}`)
  const shape = [rows, classes, digits, layout].map(String)
  execFileSync(PYTHON, [join(import.meta.dirname, 'data.py'), part, ...shape], { stdio: 'inherit' })
  renameSync(part, path)
  return path
}

export function megabytes(path) {
  return `${Math.round(statSync(path).size / 1e6)} MB`
}
