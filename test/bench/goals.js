// What the bench has to show, and whether it did.
import { CONTESTANTS } from './contestants.js'
import { INPUTS } from './inputs.js'

/** `least` or `most`: the bound. `of`: the figure, from functions that give a median, or NaN where it was not measured. */
export const GOALS = [
  against('million', 6),
  against('doubles', 4),
  against('pairs', 4.5),
  against('wide', 8),
  {
    goal: `${INPUTS.ndjson.title}: times as fast as DuckDB`,
    least: 3,
    of: ({ wall }) => wall('ndjson', 'DuckDB, lists') / wall('ndjson', 'softmax'),
  },
  {
    goal: '1,000,000 x 10: times as fast as csv-parse',
    least: 40,
    of: ({ wall }) => wall('million', 'csv-parse') / wall('million', 'softmax'),
  },
  {
    goal: "1,000,000 x 10: CPU seconds, in the native program's",
    most: 1.1,
    of: ({ cpu }) => cpu('million', 'softmax') / cpu('million', 'native'),
  },
  {
    goal: 'from a pipe: rate, in that from a file',
    least: 0.85,
    of: ({ wall }) => wall('million', 'softmax') / wall('million', 'cat in | softmax'),
  },
  {
    goal: '--precision 6: seconds, in those of full precision',
    most: 1,
    of: ({ wall }) => wall('million', 'softmax --precision 6') / wall('million', 'softmax'),
  },
  {
    goal: '--float32: seconds, in those of full precision',
    most: 1,
    of: ({ wall }) => wall('million', 'softmax --float32') / wall('million', 'softmax'),
  },
  {
    goal: '1,000 rows: milliseconds above node -e 0',
    most: 80,
    of: ({ wall }) => 1000 * (wall('small', 'softmax') - wall('small', 'node -e 0')),
  },
  {
    goal: '10 times the rows: times as long, above the time of 1,000 rows',
    most: 10.5,
    of: ({ wall }) => {
      const [start, tenth, million] = ['small', 'tenth', 'million'].map((input) => wall(input, 'softmax'))
      return (million - start) / (tenth - start)
    },
  },
  {
    goal: 'peak MB, of all inputs and options, Parquet left out, which is held by the row group',
    most: 200,
    of: ({ peak }) => Math.max(...ourPeaks(peak)),
  },
  {
    goal: 'peak MB at 2 GB, in that at 100 MB',
    most: 1.1,
    of: ({ peak }) => peak('huge', 'softmax') / peak('million', 'softmax'),
  },
]

function against(input, least) {
  const of = ({ wall }) => Math.min(wall(input, 'DuckDB'), wall(input, 'Polars')) / wall(input, 'softmax')
  return { goal: `${INPUTS[input].title}: times as fast as the faster of DuckDB and Polars`, least, of }
}

function ourPeaks(peak) {
  const ours = CONTESTANTS.filter(({ name }) => name.includes('softmax'))
  return ours
    .flatMap(({ name, on }) => on.filter((input) => input !== 'parquet').map((input) => peak(input, name)))
    .filter(Number.isFinite)
}

/** A goal's row of the table: what, the bound, the figure, whether it holds. */
export function verdict({ goal, least, most, of }, results) {
  const from = (measure) => (input, name) => results[input]?.[name]?.[measure] ?? Number.NaN
  const figure = of({ wall: from('wall'), cpu: from('cpu'), peak: from('peak') })
  const bound = least === undefined ? `<= ${most}` : `>= ${least}`
  if (Number.isNaN(figure)) return [goal, bound, '', 'not measured']
  const holds = least === undefined ? figure <= most : figure >= least
  return [goal, bound, figure.toFixed(2), holds ? 'yes' : '**no**']
}
