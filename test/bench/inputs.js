// The inputs, made with a seed into the system's temporary folder, where they stay for the next run.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeLogits } from './data.js'

export const FOLDER = join(tmpdir(), 'softmax-bench')

/** CSV, where no format is told. Those that are `long` take part only when asked for. */
export const INPUTS = {
  million: { title: '1,000,000 x 10, float32-printed', rows: 1_000_000, classes: 10, digits: 'float32' },
  doubles: { title: '300,000 x 10, 17-digit doubles', rows: 300_000, classes: 10, digits: 'double' },
  pairs: { title: '2,000,000 x 2, float32-printed', rows: 2_000_000, classes: 2, digits: 'float32' },
  wide: { title: '10,000 x 1000, float32-printed', rows: 10_000, classes: 1000, digits: 'float32' },
  tenth: { title: '100,000 x 10, float32-printed', rows: 100_000, classes: 10, digits: 'float32' },
  small: { title: '1,000 x 10, float32-printed', rows: 1000, classes: 10, digits: 'float32' },
  ndjson: { title: '1,000,000 x 10 as NDJSON', rows: 1_000_000, classes: 10, digits: 'float32', format: 'ndjson' },
  parquet: { title: '1,000,000 x 10 as Parquet', rows: 1_000_000, classes: 10, digits: 'float32', format: 'parquet' },
  huge: { title: '18,000,000 x 10, float32-printed', rows: 18_000_000, classes: 10, digits: 'float32', long: true },
}

/** The path of an input, which is made if it is not there. It gets its name when it is whole. */
export function make({ title, format = 'csv', ...shape }) {
  const path = join(FOLDER, `${shape.rows}x${shape.classes}-${shape.digits}.${format}`)
  if (existsSync(path)) return path
  console.error(`making ${path}`)
  mkdirSync(FOLDER, { recursive: true })
  const part = join(FOLDER, `part.${format}`)
  if (format === 'parquet') convert(make({ title, ...shape, format: 'ndjson' }), part)
  else writeLogits(part, { ...shape, format })
  renameSync(part, path)
  return path
}

/** Rows of one file into another, of NDJSON or Parquet each. */
export function convert(from, to) {
  execFileSync(process.execPath, [join(import.meta.dirname, 'convert.js'), from, to], { stdio: 'inherit' })
}

export function megabytes(path) {
  return `${Math.round(statSync(path).size / 1e6)} MB`
}
