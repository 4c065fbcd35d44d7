/** The options of the API, documented one by one. Written from `OPTIONS` by `test/option-interfaces.ts`. */
import type { ValueOf } from '../core/options.js'

interface ForBytes {
  /** Format of the output [default: by file name, or `from`]. */
  to?: ValueOf<'to'> | undefined
  /** Format of the input [default: by file name, or csv]. */
  from?: ValueOf<'from'> | undefined
  /**
   * The decimal separator of logits, and of kept columns with a type; with ',', csv needs `delimiter`, too, or a
   * line sep=; results always use a point [default: '.'].
   */
  decimal?: ValueOf<'decimal'> | undefined
  /** How many rows to score; no more are read [default: all]. */
  head?: ValueOf<'head'> | undefined
  /** An input without rows is an error [default: false]. */
  requireRows?: ValueOf<'requireRows'> | undefined
  /**
   * Number of threads, including the main thread; small inputs use that one only, and the command uses at most one
   * thread per core [default: 0, one per core].
   */
  jobs?: ValueOf<'jobs'> | undefined
  /** Which lane does the rows; fast is an error where it cannot [default: 'auto']. */
  lane?: ValueOf<'lane'> | undefined
}

interface ForBytesMatrix {
  /**
   * What is made of the logits: 'softmax'; 'log-softmax', the natural logarithms of the probabilities; 'sigmoid',
   * the probability of each class on its own, 1 / (1 + e^-logit), as models with several labels a row have it; or
   * 'log-sigmoid' [default: 'softmax'].
   */
  op?: ValueOf<'op'> | undefined
}

interface ForBytesObjectsMatrix {
  /** The number that the logits are divided by first, above 0 [default: 1]. */
  temperature?: ValueOf<'temperature'> | undefined
  /**
   * What `calibrate` gave, or the name of a file that holds it: the logits are divided by its temperature; rows
   * that do not name their classes have them in its order [default: none].
   */
  calibration?: ValueOf<'calibration'> | undefined
  /**
   * The classes of rows of one logit x, the negative one first: each row is softmax of [0, x]; the label is by
   * `threshold` [default: none].
   */
  binary?: ValueOf<'binary'> | undefined
  /**
   * How many of the most probable classes to give, the most probable first, in place of the probabilities of all
   * [default: off].
   */
  topK?: ValueOf<'topK'> | undefined
  /**
   * The least probability at which a class is among 'labels': for all, or by class, as { cat: 0.3 }; with `binary`,
   * at which the label is the positive class [default: 0.5].
   */
  threshold?: ValueOf<'threshold'> | undefined
  /** A row whose largest probability is lower gets no label: null, or an empty cell [default: none]. */
  minConfidence?: ValueOf<'minConfidence'> | undefined
  /**
   * What to do with NaN, +inf or a row of only -inf; propagate writes NaN, as scipy and torch do, and no label
   * [default: 'error'].
   */
  nonfinite?: ValueOf<'nonfinite'> | undefined
}

interface ForBytesObjectsRead {
  /**
   * The columns that are logits, in this order: names, positions from 1, ranges 2-11 or logit_a-logit_d, globs
   * logit_*, /regex/, comma separated; ! negates [default: logit*].
   */
  logits?: ValueOf<'logits'> | undefined
  /** What to do with a bad row [default: fail; skip with `onReject` or `maxErrors`]. */
  onError?: ValueOf<'onError'> | undefined
  /** Is called for each bad row, in order, and waited for; such rows are left out, and do not end the stream. */
  onReject?: ValueOf<'onReject'> | undefined
  /** How many rows may be bad: one more ends the stream, behind the rows before it [default: no limit]. */
  maxErrors?: ValueOf<'maxErrors'> | undefined
  /**
   * What an empty logit is; '-inf' reads it as a class that the model left out, 'nan' as a NaN, of which
   * `nonfinite` says what to do [default: 'error'].
   */
  missing?: ValueOf<'missing'> | undefined
  /** What an empty logit may be written as, too, such as NA,NULL,\N [default: none]. */
  null?: ValueOf<'null'> | undefined
}

interface ForBytesObjectsWrite {
  /**
   * Class names in column order; or @ and the name of a file that has them, one a line or as JSON (an array, or a
   * Hugging Face config.json with id2label) [default: from the header].
   */
  labels?: ValueOf<'labels'> | undefined
  /**
   * `false`: leave out the input's other columns, which otherwise stand before the new ones, their bytes untouched
   * [default: true].
   */
  keep?: ValueOf<'keep'> | undefined
  /** The most significant digits of a result, 1 to 17 [default: shortest exact]. */
  precision?: ValueOf<'precision'> | undefined
}

interface ForBytesObjectsMatrixWrite {
  /**
   * What to give of each row, a column or a property each: 'probs', 'label', 'index', 'labels', 'set', 'set_size',
   * 'confidence', 'margin', 'entropy', 'logsumexp', 'loss', 'rank', 'correct'; 'label=predicted' names one,
   * 'probs=prob_' sets the prefix of the probabilities; the streams of objects give 'index', too, by default, and a
   * matrix has 'probs' and 'index' anyway [default: probs,label; probs,index in npz and safetensors, probs in npy].
   */
  emit?: ValueOf<'emit'> | undefined
  /** Round results to float32; write the shortest digits that read back as the same float32 [default: false]. */
  float32?: ValueOf<'float32'> | undefined
}

interface ForBytesObjects {
  /**
   * The column with the true class of each row: the name of a column, or its position from 1. Its cells hold the
   * name of a class, or its position from 0, or nothing where it is not known; with the sigmoid, a list of classes
   * (cat|dog in a cell, [] for none), or 0 and 1 for each class, in an array, or in columns that it selects
   * [default: none].
   */
  truth?: ValueOf<'truth'> | undefined
}

interface ForBytesWrite {
  /**
   * What columns kept from text or of objects are in parquet and arrow: 'infer' turns those of delimited text into
   * integers, numbers, booleans, dates or times where all their cells are such; 'id=int64,price=double', which may
   * be a list, gives columns their types ('infer,id=text' does both), of text, int64, float64, double, bool,
   * date32, timestamp, timestamp_utc [default: 'text'].
   */
  types?: ValueOf<'types'> | undefined
  /** Whether the output begins with a header line [default: as the input; no where copy is made of another format]. */
  outputHeader?: ValueOf<'outputHeader'> | undefined
  /**
   * Put a ' before text that begins with = + - @, a tab or a carriage return, which spreadsheets take for a formula
   * [default: false].
   */
  escapeFormulas?: ValueOf<'escapeFormulas'> | undefined
}

interface ForBytesReadWrite {
  /**
   * One or more characters between cells; tab, \t and \x01 are such, whitespace is any run of blanks [default: by
   * format].
   */
  delimiter?: ValueOf<'delimiter'> | undefined
  /** Around cells; none takes quotes for text [default: "]. */
  quote?: ValueOf<'quote'> | undefined
  /**
   * Before a quote inside quotes; with `quote` none, \ before special characters, as engines write text: \t \n \r
   * \\, and \N for null [default: the quote].
   */
  escape?: ValueOf<'escape'> | undefined
}

interface ForBytesRead {
  /** Treat a quote as text in a cell that does not begin with one [default: false]. */
  lazyQuotes?: ValueOf<'lazyQuotes'> | undefined
  /** Drop blanks around cells and names, outside of their quotes [default: false]. */
  trim?: ValueOf<'trim'> | undefined
  /** Lines that begin with it are skipped [default: none]. */
  comment?: ValueOf<'comment'> | undefined
  /** Leave out the first N lines of each input, which stand above the header [default: 0]. */
  skipLines?: ValueOf<'skipLines'> | undefined
  /** Whether the first line is a header, whatever it looks like [default: by the first line]. */
  header?: ValueOf<'header'> | undefined
  /**
   * The header has one cell fewer than the rows, as R writes it: the first column is called row_names (an empty
   * first name, as pandas writes it, needs no option) [default: false].
   */
  rowNames?: ValueOf<'rowNames'> | undefined
  /**
   * Encoding of the input, such as utf-16le, latin1, windows-1252 or shift_jis; text comes out as UTF-8 [default:
   * utf-8, or by byte order mark].
   */
  encoding?: ValueOf<'encoding'> | undefined
  /**
   * `false`: refuse an input that is compressed with gzip or zstd, as its bytes do not bound what it becomes
   * [default: true].
   */
  decompress?: ValueOf<'decompress'> | undefined
  /** The axis of an array that the classes are along, from 0, or from -1 backwards [default: -1, the last]. */
  axis?: ValueOf<'axis'> | undefined
  /** The array that holds the logits, in a file of several [default: the only one]. */
  tensor?: ValueOf<'tensor'> | undefined
  /** A longer row is a bad one; no more than that is held of it [default: 16 MiB]. */
  maxRowBytes?: ValueOf<'maxRowBytes'> | undefined
  /** The name of the input in messages. */
  source?: ValueOf<'source'> | undefined
}

interface ForBytesObjectsReadWrite {
  /** Destroys the stream with an AbortError. */
  signal?: ValueOf<'signal'> | undefined
}

/** Options of {@link score} and {@link scoreFiles}; all have defaults. */
export interface ScoreOptions
  extends ForBytes,
    ForBytesMatrix,
    ForBytesObjectsMatrix,
    ForBytesObjectsRead,
    ForBytesObjectsWrite,
    ForBytesObjectsMatrixWrite,
    ForBytesObjects,
    ForBytesWrite,
    ForBytesReadWrite,
    ForBytesRead,
    ForBytesObjectsReadWrite {}

/** Options of {@link softmax}, {@link logSoftmax}, {@link sigmoid} and {@link logSigmoid}; all have defaults. */
export interface SoftmaxOptions
  extends ForBytesObjectsMatrix,
    ForBytesObjectsRead,
    ForBytesObjectsWrite,
    ForBytesObjectsMatrixWrite,
    ForBytesObjects,
    ForBytesObjectsReadWrite {}

/** Options of {@link softmaxMatrix}; all have defaults. */
export interface MatrixOptions extends ForBytesMatrix, ForBytesObjectsMatrix, ForBytesObjectsMatrixWrite {}

/** Options of {@link read}; all have defaults. */
export interface ReadOptions extends ForBytesObjectsRead, ForBytesReadWrite, ForBytesRead, ForBytesObjectsReadWrite {}

/** Options of {@link write}; all have defaults. */
export interface WriteOptions
  extends ForBytesObjectsWrite,
    ForBytesObjectsMatrixWrite,
    ForBytesWrite,
    ForBytesReadWrite,
    ForBytesObjectsReadWrite {}
