/** The options of the API, documented one by one. Written from `OPTIONS` by `test/option-interfaces.ts`. */
import type { ValueOf } from '../core/options.js'

interface ForBytes {
  /** Output format [default: by file name, or `from`]. */
  to?: ValueOf<'to'> | undefined
  /** Input format [default: by file name and first bytes, or csv]. */
  from?: ValueOf<'from'> | undefined
  /**
   * Decimal separator of logits and of kept columns that get a type; with ',', csv also needs `delimiter` or a sep=
   * line; results use it, too, if the output has the format of the input (see `outputDecimal`) [default: '.'].
   */
  decimal?: ValueOf<'decimal'> | undefined
  /**
   * Characters between the cells of the output, such as ; or tab [default: that of the input if it has the same
   * format, otherwise by format].
   */
  outputDelimiter?: ValueOf<'outputDelimiter'> | undefined
  /**
   * Decimal separator of results in delimited text, and of kept numbers from JSON, Parquet, Arrow and arrays; kept
   * text is not changed, and lists are JSON, with points [default: that of the input if it has the same format,
   * otherwise a point].
   */
  outputDecimal?: ValueOf<'outputDecimal'> | undefined
  /** Maximum number of rows to score; no more are read [default: all]. */
  head?: ValueOf<'head'> | undefined
  /** Fail if there are no input rows [default: false]. */
  requireRows?: ValueOf<'requireRows'> | undefined
  /**
   * Number of threads, including the main thread; small inputs use only the main thread, and the command uses at
   * most one thread per core [default: 0, one per core].
   */
  jobs?: ValueOf<'jobs'> | undefined
  /**
   * Which implementation scores the rows: general supports everything, fast (for text) fails if it does not support
   * the input or the options; the statistics call the general lane table unless input and output are delimited text
   * [default: 'auto'].
   */
  lane?: ValueOf<'lane'> | undefined
}

interface ForBytesMatrix {
  /**
   * The function applied to the logits: 'softmax'; 'log-softmax', natural logarithms of the probabilities;
   * 'sigmoid', an independent probability for each class, 1 / (1 + e^-logit), for multi-label models; or
   * 'log-sigmoid' [default: 'softmax'].
   */
  op?: ValueOf<'op'> | undefined
}

interface ForBytesObjectsMatrix {
  /** Divide the logits by this number first; above 0 [default: 1]. */
  temperature?: ValueOf<'temperature'> | undefined
  /**
   * The result of `calibrate`, or the name of a file that contains it: the logits are divided by its temperature;
   * rows without class names have the classes of the calibration, in its order [default: none].
   */
  calibration?: ValueOf<'calibration'> | undefined
  /**
   * For rows with a single logit x, read as softmax of [0, x]: names of the two classes, the negative one first;
   * `threshold` decides the label [default: none].
   */
  binary?: ValueOf<'binary'> | undefined
  /**
   * Output only this number of classes, most probable first, instead of all probabilities: columns label_1, p_1 and
   * so on, in predictions a list `top`, in npz and safetensors arrays top_index and top_probs; `label`, which is
   * output by default, too, is the first of them unless `minConfidence` or `threshold` decides otherwise [default:
   * off].
   */
  topK?: ValueOf<'topK'> | undefined
  /**
   * Minimum probability of a class in 'labels': one number, or by class, such as { cat: 0.3 } (other classes keep
   * 0.5), or an array in class order; with `binary`, minimum probability of the positive class for it to be the
   * label [default: 0.5].
   */
  threshold?: ValueOf<'threshold'> | undefined
  /** No label (null, or an empty cell) if the largest probability is lower [default: none]. */
  minConfidence?: ValueOf<'minConfidence'> | undefined
  /**
   * What to do with a row that has NaN or, with softmax, +inf or only -inf; propagate outputs NaN, like scipy and
   * torch, and no label; null outputs null instead of every result; both count such rows [default: 'error'].
   */
  nonfinite?: ValueOf<'nonfinite'> | undefined
}

interface ForBytesObjectsRead {
  /**
   * Logit columns, in this order, separated by commas: names, positions from 1, ranges 2-11 or logit_a-logit_d,
   * globs logit_*, /regex/, in JSON also paths m.a; ! excludes; by default, a single logit* next to other numbers
   * needs `binary` or the op `sigmoid` [default: logit*].
   */
  logits?: ValueOf<'logits'> | undefined
  /** What to do with a bad row [default: fail; skip with `onReject` or `maxErrors`]. */
  onError?: ValueOf<'onError'> | undefined
  /** Called for each bad row, in order, and awaited; bad rows are skipped and do not end the stream. */
  onReject?: ValueOf<'onReject'> | undefined
  /**
   * Maximum number of bad rows: one more ends the stream with an error, after the rows before it [default: no
   * limit].
   */
  maxErrors?: ValueOf<'maxErrors'> | undefined
  /**
   * How to read a missing logit (an empty cell, null, or a text of `null`, but not a missing list): 'error' makes
   * its row bad, '-inf' masks the class (probability 0), 'nan' reads NaN (see `nonfinite`) [default: 'error'].
   */
  missing?: ValueOf<'missing'> | undefined
}

interface ForBytesObjectsWrite {
  /**
   * Class names in column order, or, if logits are an object, its keys in class order, of which rows may lack some
   * (see `missing`); or @ and the name of a file that contains them, one per line or as JSON (an array, a Hugging
   * Face config.json with id2label, or imagenet_class_index.json); duplicates get their position, with a warning:
   * crane_134, crane_517 [default: from the header].
   */
  labels?: ValueOf<'labels'> | undefined
  /**
   * Which of the input's other columns are copied unchanged, before the new ones, in input order (keys of JSON, and
   * properties that `write` writes, in a table: in the order of the list): `true`, `false`, or a selector as for
   * `logits`, such as 'id,name'; of NDJSON in a table, 'user.id' keeps values inside objects; '!secret' keeps all
   * but secret [default: all].
   */
  keep?: ValueOf<'keep'> | undefined
  /** Maximum number of significant digits in results, 1 to 17 [default: shortest round-trip]. */
  precision?: ValueOf<'precision'> | undefined
}

interface ForBytesObjectsMatrixWrite {
  /**
   * Output columns, or properties of predictions: any of 'probs', 'label', 'index', 'labels', 'set', 'set_size',
   * 'confidence', 'margin', 'entropy', 'logsumexp', 'loss', 'rank', 'correct'; 'label=predicted' renames one,
   * 'probs=prob_' sets the prefix of the probabilities; object streams also output 'index' by default, and a matrix
   * always has 'probs' and 'index' [default: probs,label; probs,index in npz and safetensors, probs in npy].
   */
  emit?: ValueOf<'emit'> | undefined
  /** Round results to float32, and write the shortest digits that read back as the same float32 [default: false]. */
  float32?: ValueOf<'float32'> | undefined
}

interface ForBytesObjects {
  /**
   * Column with the true class of each row, by name or by position from 1. A cell contains the name of a class or
   * its position from 0 (of two classes, also false or true), and is empty (in arrays, -100 or NaN) if the class is
   * unknown; with the sigmoid, a list of classes (cat|dog in a cell, [] for none), or 0 or 1 for each class, in one
   * array or in one column per class, which this selects [default: none].
   */
  truth?: ValueOf<'truth'> | undefined
}

interface ForBytesWrite {
  /**
   * Types of columns kept from text or objects, in parquet and arrow: 'infer' detects columns of integers, numbers,
   * booleans, dates or times in delimited text; 'id=int64,price=double', or a list of such entries, sets types
   * ('infer,id=text' does both), any of text, int64, float64, double, bool, date32, timestamp, timestamp_utc,
   * decimal(P,S); with keep: 'id', 'id=text' also declares a key of JSON or objects that the first rows do not have
   * [default: 'text'].
   */
  types?: ValueOf<'types'> | undefined
  /** Whether to write a header line [default: same as the input; no header when converting another format to copy]. */
  outputHeader?: ValueOf<'outputHeader'> | undefined
  /**
   * Put a ' before text that begins with = + - @, a tab or a carriage return, which spreadsheets treat as a formula
   * [default: false].
   */
  escapeFormulas?: ValueOf<'escapeFormulas'> | undefined
}

interface ForWrite {
  /**
   * The stream of read() whose rows are written, if the program copies them or makes others: columns in parquet and
   * arrow have the types that it found, unless `types` sets others.
   */
  typesFrom?: ValueOf<'typesFrom'> | undefined
}

interface ForBytesReadWrite {
  /**
   * Characters between cells, such as ; or tab or \t or \x01; whitespace means any run of blanks [default: by
   * format].
   */
  delimiter?: ValueOf<'delimiter'> | undefined
  /** Quote character; none treats quotes as text [default: "]. */
  quote?: ValueOf<'quote'> | undefined
  /**
   * Character before a quote inside quotes; with `quote` none, \ reads backslash escapes as databases write them:
   * \t \n \r \\, and \N for null [default: the quote].
   */
  escape?: ValueOf<'escape'> | undefined
}

interface ForBytesRead {
  /** Treat quotes as text in a cell that does not begin with a quote [default: false]. */
  lazyQuotes?: ValueOf<'lazyQuotes'> | undefined
  /** Strip blanks around cells and header names, outside quotes [default: false]. */
  trim?: ValueOf<'trim'> | undefined
  /** Skip lines that begin with this character [default: none]. */
  comment?: ValueOf<'comment'> | undefined
  /** Skip the first N lines of each input, before the header [default: 0]. */
  skipLines?: ValueOf<'skipLines'> | undefined
  /** Whether the first line is a header [default: detected from the first line]. */
  header?: ValueOf<'header'> | undefined
  /**
   * The header has one cell fewer than the rows, as R writes it: name the first column row_names (not needed for
   * the empty first name that pandas writes) [default: false].
   */
  rowNames?: ValueOf<'rowNames'> | undefined
  /**
   * Input encoding, such as utf-16le, latin1, windows-1252 or shift_jis; output text is UTF-8 [default: utf-8, or
   * by byte order mark].
   */
  encoding?: ValueOf<'encoding'> | undefined
  /** `false`: refuse input compressed with gzip or zstd, which may expand to any size [default: true]. */
  decompress?: ValueOf<'decompress'> | undefined
  /** Array axis of the classes, from 0; negative numbers count from the end [default: -1, the last]. */
  axis?: ValueOf<'axis'> | undefined
  /** Name of the logits array, in a file of several arrays [default: the only one, or the one called logits]. */
  tensor?: ValueOf<'tensor'> | undefined
  /** Maximum row size in bytes; a longer row is a bad row [default: 16 MiB]. */
  maxRowBytes?: ValueOf<'maxRowBytes'> | undefined
  /**
   * Name of a stream in messages, or a list of names, one for each stream; without it, several streams are stream
   * 1, stream 2 and so on.
   */
  source?: ValueOf<'source'> | undefined
}

interface ForBytesObjectsReadWrite {
  /**
   * Texts that also mean a missing logit, an unknown true class, and null in kept columns that get a type (see
   * `types`), such as NA,NULL,\N; text columns: an unquoted cell equal to one of these is null; if `null` is not
   * given, an unquoted empty cell is [default: none].
   */
  null?: ValueOf<'null'> | undefined
  /** Aborting this destroys the stream with an AbortError. */
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
    ForWrite,
    ForBytesReadWrite,
    ForBytesObjectsReadWrite {}
