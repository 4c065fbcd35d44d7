/** What the help says of subjects that are no name in a table, such as memory; and of each table as a whole. */
import { EXPLANATIONS } from './explanations.js'
import { entry, paragraph } from './layout.js'
import { COLUMN_TEXTS, FORMAT_TEXTS, METRIC_TEXTS } from './terms.js'
import { STATUSES } from './verbs.js'

interface Subject {
  heading: string
  /** Other words for it. */
  also: string
  text?: string
  entries?: readonly (readonly [name: string, text: string])[]
}

/** The variables of the environment that the command reads. */
export const ENVIRONMENT = [
  ['NO_COLOR', 'no colours on terminals, where it is set to anything'],
  ['FORCE_COLOR', 'colours everywhere, but for 0; it counts before NO_COLOR'],
  ['TERM', 'dumb: neither colours nor a line that is redrawn'],
  [
    'XDG_CACHE_HOME',
    'the folder in which Node, from 22.1 on, keeps the compiled code of the command; ~/.cache otherwise',
  ],
  ['NODE_DISABLE_COMPILE_CACHE', '1: it is not kept'],
] as const

/** The table of subjects, by the name that `softmax help topics` lists. */
export const SUBJECTS: Readonly<Record<string, Subject>> = {
  input: {
    heading: 'Inputs',
    also: 'inputs stdin standard-input file files',
    text: 'A file, a folder of parts, or "-", standard input, which is read where none is named. Its format is that of --from, else of its extension, else of its first bytes. Several inputs have the same columns.',
  },
  formats: {
    heading: 'Formats',
    also: 'file-formats extension extensions',
    entries: Object.entries(FORMAT_TEXTS),
  },
  columns: { heading: 'Output columns', also: 'output-columns', entries: Object.entries(COLUMN_TEXTS) },
  metrics: { heading: 'Metrics', also: 'metric', entries: Object.entries(METRIC_TEXTS) },
  errors: {
    heading: 'Errors',
    also: 'error error-codes codes code messages',
    entries: Object.entries(EXPLANATIONS).map(([code, { is }]) => [code, is] as const),
  },
  'exit-status': { heading: 'Exit status', also: 'exit status exit-code exit-codes return-code', entries: STATUSES },
  compression: {
    heading: 'Compression',
    also: 'compress compressed gzip gz zstd zst',
    text: 'What is compressed with gzip or zstd is decompressed, whatever its name; --no-decompress refuses it. The output is compressed if its name ends in .gz or .zst, each in a folder by --compress. Pages of Parquet and buffers of Arrow may be compressed, too. zstd needs Node 22.15.',
  },
  memory: {
    heading: 'Memory',
    also: 'ram',
    text: 'The same for an input of any size: some 100 MB, up to 200 MB with several threads, and a page of each column of Parquet, which are 1.1 GB for 1000 columns. A row of text has at most --max-row-bytes, 16 MiB. Under a limit of address space (ulimit -v), see softmax explain E_MEMORY.',
  },
  limits: {
    heading: 'Limits',
    also: 'limit security performance speed',
    text: 'Inputs may have any size; time is linear in it, and memory the same (softmax help memory). A row has at most --max-row-bytes; a longer one is bad, and --max-errors says how many may be. --head reads the first rows only, --jobs is the number of threads, and --no-decompress refuses what is compressed with gzip or zstd; --from csv refuses Parquet, Arrow and .npz, which may be compressed within.',
  },
  folders: {
    heading: 'Folders',
    also: 'folder directory directories dir parts',
    text: 'A folder as an input is one table of its files that are called part-* or have the extension of a format. With -o FOLDER/, each is scored by itself; --resume leaves out those that are done, --part I/N scores a share of them.',
  },
  environment: { heading: 'Environment', also: 'env variables color colour colors colours', entries: ENVIRONMENT },
  spark: {
    heading: 'Spark',
    also: 'pyspark',
    text: 'The folder dist/spark of the package has softmax_spark.py, whose functions score and evaluate take a DataFrame. TRANSFORM of SQL gives and takes --from copy.',
  },
}

/** The subject that a word is of, as a heading and its text. */
export function subjectOn(word: string): [heading: string, text: string] | undefined {
  const found = Object.entries(SUBJECTS).find(([name, { also }]) => name === word || also.split(' ').includes(word))
  if (!found) return undefined
  const [, { heading, text, entries = [] }] = found
  const width = Math.max(...entries.map(([name]) => name.length)) + 4
  const lines = entries.map(([name, text]) => entry(`  ${name}`, text, width))
  return [heading, text === undefined ? lines.join('') : paragraph(text, 2)]
}
