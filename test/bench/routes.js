// softmax alone: the routes from one format to another, and the options that may cost time. They are one contest.

/** `from`: of INPUTS. `to`: the format of the output, if not the input's. `flags`: separated by blanks. `jobs`: threads, if
 * not 2. `line` and `within`: as of contestants; the first route's output is what the others' are checked against. */
const TABLE = [
  { name: 'CSV -> CSV', from: 'million' },
  { name: 'CSV -> TSV', from: 'million', to: 'tsv' },
  { name: 'TSV -> CSV', from: 'tsv', to: 'csv' },
  { name: 'CSV -> NDJSON', from: 'million', to: 'ndjson' },
  { name: 'NDJSON -> CSV', from: 'ndjson', to: 'csv' },
  { name: 'NDJSON -> NDJSON', from: 'ndjson' },
  { name: 'CSV -> Arrow', from: 'million', to: 'arrow' },
  { name: 'CSV -> Parquet', from: 'million', to: 'parquet' },
  { name: 'CSV -> npy', from: 'million', to: 'npy' },
  // Typed inputs hold float32, which is not quite what their text parses to.
  { name: 'Parquet -> Parquet', from: 'parquet', within: 1e-5 },
  { name: 'Arrow -> Arrow', from: 'arrow', within: 1e-5 },
  { name: 'Parquet -> CSV', from: 'parquet', to: 'csv', within: 1e-5 },
  { name: "--comment '#'", from: 'million', flags: '--comment #' },
  { name: '--escape-formulas', from: 'million', flags: '--escape-formulas' },
  { name: '--precision 6', from: 'million', flags: '--precision 6', within: 5e-6 },
  { name: '--float32', from: 'million', flags: '--float32', within: 2 ** -23 },
  { name: '--jobs 1', from: 'million', jobs: 1 },
  { name: '--jobs 8', from: 'million', jobs: 8 },
  { name: 'from a pipe', from: 'million', line: 'cat "$in" | softmax > "$out"' },
  { name: 'into a pipe', from: 'million', line: 'softmax "$in" | cat > "$out"' },
  { name: '-o out, which waits for the disk (fsync)', from: 'million', line: 'softmax "$in" -o "$out"' },
  { name: '1,000 rows', from: 'small', within: undefined },
  { name: 'node -e 0', from: 'small', line: 'node -e 0', within: undefined },
]

const FILE_TO_FILE = 'softmax "$in" --to $to $flags > "$out"'

export const ROUTES = TABLE.map((route) => ({ line: FILE_TO_FILE, within: 0, flags: '', jobs: 2, ...route }))
