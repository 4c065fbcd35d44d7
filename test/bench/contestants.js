// Who runs, and on what. A line of shell each: $in, $out and $classes are set, and what `softmax`, `node`, `python` and
// `native` start is what is measured. All have two threads at most.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { FOLDER } from './inputs.js'

const LARGE = ['million', 'doubles', 'pairs', 'wide']
const LISTS = ['ndjson', 'parquet']

/** `within`: how far a probability may be from softmax's, relatively; 0 is the same bytes, none is no output at all.
 * `once`: takes so long that its one run, the warm-up, is the one that counts. */
export const CONTESTANTS = [
  { name: 'softmax', line: 'softmax "$in" > "$out"', on: [...LARGE, ...LISTS, 'tenth', 'small', 'huge'], within: 0 },
  { name: 'softmax -o out', line: 'softmax "$in" -o "$out"', on: ['million'], within: 0 },
  { name: 'cat in | softmax', line: 'cat "$in" | softmax > "$out"', on: ['million'], within: 0 },
  { name: 'softmax --precision 6', line: 'softmax --precision 6 "$in" > "$out"', on: ['million'], within: 5e-6 },
  { name: 'softmax --float32', line: 'softmax --float32 "$in" > "$out"', on: ['million'], within: 2 ** -23 },
  { name: 'softmax --lane general', line: 'softmax --lane general "$in" > "$out"', on: ['tenth'], within: 0 },
  { name: 'DuckDB', line: 'node duckdb.js "$in" "$out" $classes', on: LARGE, within: 1e-12 },
  { name: 'DuckDB, lists', line: 'node duckdb-lists.js "$in" "$out"', on: LISTS, within: 1e-12 },
  { name: 'Polars', line: 'node polars.js "$in" "$out" $classes', on: LARGE, within: 1e-12 },
  { name: 'csv-parse', line: 'node compose.js "$in" "$out"', on: ['million', 'tenth'], within: 1e-12, once: true },
  {
    name: 'pandas',
    line: 'python chunks.py "$in" "$out"',
    on: ['million'],
    within: 1e-12,
    once: true,
    ready: hasPandas,
  },
  { name: 'native', line: 'native "$in" "$out"', on: LARGE, within: 1e-12, ready: buildNative },
  { name: 'node -e 0', line: 'node -e 0', on: ['small'] },
]

function hasPandas() {
  try {
    execFileSync('python3', ['-c', 'import pandas'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Only with --native: it needs a compiler. */
function buildNative({ native }) {
  if (!native) return false
  mkdirSync(FOLDER, { recursive: true })
  const flags = ['-std=c++17', '-O3', '-march=native', '-o', join(FOLDER, 'native')]
  execFileSync('g++', [...flags, join(import.meta.dirname, 'native.cpp')], { stdio: 'inherit' })
  return true
}
