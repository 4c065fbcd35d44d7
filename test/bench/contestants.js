// Who competes, and on what. A line of shell each: $in, $out, $to (the format of the output) and $classes are set, and what
// `softmax`, `node`, `python`, `rust` and `copy` start is what is measured. All that can use two threads have two.
const CSV = ['million', 'long', 'pairs', 'doubles', 'wide']
const TYPED = ['to-parquet', 'parquet', 'parquet-lists', 'arrow', 'arrow-lists']
const ALL = [...CSV, 'ndjson', ...TYPED]

/** `within`: how far a probability may be from softmax's, relatively; undefined where there is none to compare.
 * `once`: takes so long that its one run, the one that is checked, is the one that counts. `optional`: the option that it
 * takes part with. */
export const CONTESTANTS = [
  { name: 'softmax', line: 'softmax "$in" --to $to > "$out"', on: ALL, within: 0 },
  { name: 'softmax, one thread', line: 'jobs=1 softmax "$in" --to $to > "$out"', on: ['long'], within: 0 },
  { name: 'Polars', line: query('by_polars'), on: ALL, within: 1e-12 },
  { name: 'DuckDB', line: query('by_duckdb'), on: ALL, within: 1e-12 },
  { name: 'pyarrow + numpy', line: query('by_pyarrow'), on: [...CSV, ...TYPED], within: 1e-12 },
  { name: 'pandas + scipy', line: query('by_pandas'), on: ['million'], within: 1e-12, once: true },
  { name: 'csv-parse', line: 'node peers/compose.js "$in" "$out"', on: ['million'], within: 1e-12, once: true },
  { name: 'rust', line: 'rust "$in" "$out"', on: CSV, within: 1e-12, optional: 'rust' },
  { name: 'cat', line: 'copy "$in" > "$out"', on: ['million', 'long'] },
]

function query(name) {
  return `python peers/${name}.py "$in" "$out" $classes`
}
