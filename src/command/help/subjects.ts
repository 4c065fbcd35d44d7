/** Help on subjects that are not table entries, such as memory, and on each table. */
import { EXPLANATIONS } from './explanations.js'
import { entry, paragraph } from './layout.js'
import { COLUMN_TEXTS, FORMAT_TEXTS, METRIC_TEXTS } from './terms.js'
import { STATUSES } from './verbs.js'

interface Subject {
  heading: string
  /** Synonyms. */
  also: string
  text?: string
  entries?: readonly (readonly [name: string, text: string])[]
}

/** The environment variables that the command reads. */
export const ENVIRONMENT = [
  ['NO_COLOR', 'set to any value: no colours'],
  ['FORCE_COLOR', 'colours even where output is not a terminal, unless it is 0; overrides NO_COLOR'],
  ['TERM', 'dumb: no colours and no redrawn progress line'],
  ['XDG_CACHE_HOME', 'folder in which Node 22.1 or later caches the compiled code of the command [~/.cache]'],
  ['NODE_DISABLE_COMPILE_CACHE', '1: do not cache the compiled code'],
] as const

/** The functions of the package, which take the options of the command under their names in the API. */
const FUNCTIONS = [
  ['score', 'a stream from bytes to bytes, like the command: score(options)'],
  ['scoreFiles', 'a stream of the bytes of the output: scoreFiles(inputs, options)'],
  ['read', 'a stream from bytes to rows: read(format, options)'],
  ['softmax', 'a stream from rows to predictions: softmax(options); also logSoftmax, sigmoid and logSigmoid'],
  ['write', 'a stream from predictions, or other objects, to bytes: write(format, options)'],
  ['softmaxMatrix', 'scores typed arrays, without a stream: softmaxMatrix(logits, rows, classes, options)'],
  ['evaluate', 'a promise of metrics: evaluate(inputs, options); also calibrate and report'],
] as const

/** The table of subjects, by the names that `softmax help topics` lists. */
export const SUBJECTS: Readonly<Record<string, Subject>> = {
  input: {
    heading: 'Inputs',
    also: 'inputs stdin standard-input file files',
    text: 'An input is a file, a folder of parts, or "-" for standard input, which is the default. --from sets its format; otherwise it is detected from the file extension, or else from the first bytes. Several inputs must have the same columns, in any order if these have names; those that --keep leaves out may differ.',
  },
  formats: {
    heading: 'Formats',
    also: 'file-formats extension extensions xlsx excel',
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
    text: 'Input compressed with gzip or zstd is decompressed, whatever its name; --no-decompress refuses it. The output is compressed if its name ends in .gz or .zst; --compress compresses each output in a folder. Compressed pages of Parquet and buffers of Arrow are read, too. zstd needs Node 22.15, or within Parquet the package hyparquet-compressors.',
  },
  memory: {
    heading: 'Memory',
    also: 'ram',
    text: 'Memory is constant for text, arrays and Arrow: 100 to 200 MB, whatever the size of the input. Parquet adds one page per column, and grows slowly with the number of row groups: 10 columns take 170 MB for 1,000,000 rows and 300 MB for 45,000,000; 1000 columns with pages of 0.5 MB take 0.8 GB, or 1.0 GB to write Parquet. A row of text has at most --max-row-bytes (16 MiB). For limits of address space (ulimit -v), see softmax explain E_MEMORY.',
  },
  limits: {
    heading: 'Limits',
    also: 'limit security performance speed',
    text: 'Inputs may have any size: time is linear in it, and memory is constant, except that it grows slowly with the rows of Parquet (softmax help memory). A row longer than --max-row-bytes is a bad row, and --max-errors limits the number of bad rows. --head reads only the first rows, and --jobs sets the number of threads. --no-decompress refuses input compressed with gzip or zstd; --from csv refuses Parquet, Arrow and .npz, which may be compressed internally.',
  },
  folders: {
    heading: 'Folders',
    also: 'folder directory directories dir parts',
    text: 'An input folder is read as one table: all its files that are named part-* or have the extension of a format, except names such as part-0.csv.tmp or .md5, which are left out with a warning; parts in subfolders are an error. With -o FOLDER/, each file is scored separately, including those in subfolders; --resume skips those that are done, and --part I/N scores a share of them. Parts may have different classes, with a warning; with --logits a,b,c, a part without one of them is an error. --types infer is refused there: name the columns. A partition key that is only in the path, as in dt=2026-11-30/, is not added as a column, but an output folder keeps the paths.',
  },
  environment: { heading: 'Environment', also: 'env variables color colour colors colours', entries: ENVIRONMENT },
  api: {
    heading: 'API of the Node.js package softmax-stream',
    also: 'read write node nodejs node.js javascript typescript library package import stream streams scorefiles softmaxmatrix',
    entries: FUNCTIONS,
  },
  spark: {
    heading: 'Spark',
    also: 'pyspark',
    text: 'softmax_spark.py, in the folder dist/spark of the package, has the functions score and evaluate, which take a DataFrame. For TRANSFORM in SQL, use --from copy.',
  },
}

/** A topic as subjects and groups of options are named: `exit-status` for `Exit status`. */
export function wordOf(topic: string): string {
  return topic
    .toLowerCase()
    .replace(/^-+/, '')
    .replace(/[\s_]+/g, '-')
}

/** The heading and text of a subject. */
export function subjectOn(word: string): [heading: string, text: string] | undefined {
  const found = Object.entries(SUBJECTS).find(([name, { also }]) => name === word || also.split(' ').includes(word))
  if (!found) return undefined
  const [, { heading, text, entries = [] }] = found
  const width = Math.max(...entries.map(([name]) => name.length)) + 4
  const lines = entries.map(([name, text]) => entry(`  ${name}`, text, width))
  return [heading, text === undefined ? lines.join('') : paragraph(text, 2)]
}
