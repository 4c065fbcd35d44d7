// What the bench has to show, and whether it did.
import { INPUTS } from './inputs.js'

/** `least` or `most`: the bound. `of`: the figure, from functions that give a median by contest and name, and NaN where it was
 * not measured. */
export const GOALS = [
  faster('million', 2.2),
  faster('long', 2.8),
  faster('pairs', 2),
  faster('doubles', 1.8),
  faster('wide', 4),
  faster('ndjson', 3, ['Polars', 'DuckDB']),
  faster('to-parquet', 1, ['Polars', 'DuckDB']),
  faster('parquet', 1),
  faster('parquet-lists', 1),
  faster('arrow', 1),
  faster('arrow-lists', 1),
  {
    goal: '10,000,000 x 10: time relative to the Rust program',
    most: 1.5,
    of: ({ wall }) => wall('long', 'softmax') / wall('long', 'rust'),
  },
  {
    goal: '10,000,000 x 10: speedup of two threads over one',
    least: 1.85,
    of: ({ wall }) => wall('long', 'softmax, one thread') / wall('long', 'softmax'),
  },
  {
    goal: '1,000,000 x 10: speedup over csv-parse',
    least: 40,
    of: ({ wall }) => wall('million', 'csv-parse') / wall('million', 'softmax'),
  },
  slower('CSV -> TSV', 'CSV -> CSV', 1.1),
  slower('TSV -> CSV', 'CSV -> CSV', 1.1),
  slower('CSV -> NDJSON', 'CSV -> CSV', 1.3),
  slower('NDJSON -> CSV', 'NDJSON -> NDJSON', 1.3),
  slower('CSV -> Arrow', 'CSV -> CSV', 1),
  slower("--comment '#'", 'CSV -> CSV', 1.2),
  slower('--escape-formulas', 'CSV -> CSV', 1.2),
  slower('--precision 6', 'CSV -> CSV', 1),
  slower('--float32', 'CSV -> CSV', 1),
  slower('--jobs 8', 'CSV -> CSV', 1.05),
  slower('from a pipe', 'CSV -> CSV', 1.1),
  slower('into a pipe', 'CSV -> CSV', 1.1),
  {
    goal: '1,000 rows: milliseconds more than node -e 0',
    most: 60,
    of: ({ wall }) => 1000 * (wall('routes', '1,000 rows') - wall('routes', 'node -e 0')),
  },
  {
    goal: '10 times the rows: time ratio',
    most: 10.5,
    of: ({ wall }) => wall('long', 'softmax') / wall('million', 'softmax'),
  },
  {
    goal: 'peak MB over all inputs, conversions and options',
    most: 200,
    of: ({ ourPeak }) => ourPeak,
  },
  {
    goal: 'peak MB at 10,000,000 rows relative to 1,000,000',
    most: 1.1,
    of: ({ peak }) => peak('long', 'softmax') / peak('million', 'softmax'),
  },
]

function faster(contest, least, peers = ['Polars', 'DuckDB', 'pyarrow + numpy']) {
  const names = peers.join(', ')
  return {
    goal: `${INPUTS[contest].title}: speedup over the fastest of ${names}`,
    least,
    of: ({ wall }) => Math.min(...peers.map((name) => wall(contest, name))) / wall(contest, 'softmax'),
  }
}

function slower(route, than, most) {
  return {
    goal: `${route}: time relative to ${than}`,
    most,
    of: ({ wall }) => wall('routes', route) / wall('routes', than),
  }
}

/** A goal's row of the table: what, the bound, the figure, whether it holds. */
export function verdict({ goal, least, most, of }, results) {
  const from = (measure) => (contest, name) => results[contest]?.[name]?.[measure] ?? Number.NaN
  const figure = of({ wall: from('wall'), peak: from('peak'), ourPeak: ourPeak(results) })
  const bound = least === undefined ? `<= ${most}` : `>= ${least}`
  if (!Number.isFinite(figure)) return [goal, bound, '', 'not measured']
  const holds = least === undefined ? figure <= most : figure >= least
  return [goal, bound, figure.toFixed(2), holds ? 'yes' : '**no**']
}

/** The highest of all that softmax took, on whatever was measured; -Infinity where nothing was. */
function ourPeak({ routes = {}, ...contests }) {
  const ours = Object.values(contests)
    .flatMap(Object.entries)
    .filter(([name]) => name.startsWith('softmax'))
  return Math.max(...[...ours, ...Object.entries(routes)].map(([, { peak }]) => peak))
}
