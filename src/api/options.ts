/** The options of the API, documented one by one. Written from `OPTIONS` by `test/option-interfaces.ts`. */
import type { ValueOf } from '../core/options.js'

interface ForBytes {
  /** Output format [default: by file name, or `from`]. */
  to?: ValueOf<'to'> | undefined
  /** Input format [default: by file name and first bytes, or csv]. */
  from?: ValueOf<'from'> | undefined
  /**
   * Decimal separator of logits, and of kept columns that get a type [default: '.']. With a comma, csv also needs
   * `delimiter` or a sep= line. Results have this separator, too, if the output has the format of the input (see
   * `outputDecimal`).
   */
  decimal?: ValueOf<'decimal'> | undefined
  /**
   * Characters between the cells of the output, such as ; or tab [default: that of the input if it has the same
   * format, otherwise by format].
   */
  outputDelimiter?: ValueOf<'outputDelimiter'> | undefined
  /**
   * Decimal separator of results and of kept numbers in delimited text [default: that of the input if it has the
   * same format, otherwise a point]. Kept numbers are those from JSON, Parquet, Arrow and arrays. Kept text is not
   * changed. Lists are JSON, with points.
   */
  outputDecimal?: ValueOf<'outputDecimal'> | undefined
  /** Maximum number of rows to score; no more are read [default: all]. */
  head?: ValueOf<'head'> | undefined
  /** Fail if there are no input rows [default: false]. */
  requireRows?: ValueOf<'requireRows'> | undefined
  /**
   * Number of threads, including the main thread [default: 0, one per core]. Small inputs use only the main thread.
   * The command uses at most one thread per core.
   */
  jobs?: ValueOf<'jobs'> | undefined
  /**
   * Which implementation scores the rows [default: 'auto']. general supports everything. fast is for text, and
   * fails if it does not support the input or the options. Unless input and output are delimited text, the
   * statistics call the general lane table.
   */
  lane?: ValueOf<'lane'> | undefined
  /**
   * With three to 128 classes of softmax, also measure AUROC and average precision of each against all others
   * [default: false]. The metrics, which need `truth`, include their means (macro averages). This takes about 40 %
   * more CPU time. With two classes, the metrics of the second are always measured; with the sigmoid, those of each
   * class.
   */
  oneVsRest?: ValueOf<'oneVsRest'> | undefined
}

interface ForBytesMatrix {
  /**
   * The function applied to the logits [default: 'softmax']. 'softmax' outputs probabilities whose sum is 1, and
   * 'log-softmax' their natural logarithms. 'sigmoid' outputs an independent probability for each class, 1 / (1 +
   * e^-logit), for multi-label models, and 'log-sigmoid' the natural logarithms of these.
   */
  op?: ValueOf<'op'> | undefined
}

interface ForBytesObjectsMatrix {
  /**
   * Divide the logits by this number, above 0, first [default: 1]. A temperature above 1 flattens the distribution,
   * and one below 1 sharpens it.
   */
  temperature?: ValueOf<'temperature'> | undefined
  /**
   * The result of `calibrate`, or the name of a file that contains it [default: none]. The logits are divided by
   * its temperature. Rows without class names have the classes of the calibration, in its order.
   */
  calibration?: ValueOf<'calibration'> | undefined
  /**
   * For rows with a single logit x, read as softmax of [0, x]: the names of the two classes [default: none]. The
   * first name is that of the negative class. If a name has a comma, write both as a JSON array. `threshold`
   * decides the label.
   */
  binary?: ValueOf<'binary'> | undefined
  /**
   * Output only this number of classes, most probable first, instead of all probabilities [default: off]. The
   * columns are label_1, p_1 and so on; predictions have a list `top`, and npz and safetensors have the arrays
   * top_index and top_probs. `label`, which is output by default, too, is the first of them unless `minConfidence`
   * or `threshold` decides otherwise.
   */
  topK?: ValueOf<'topK'> | undefined
  /**
   * With the sigmoid, minimum probability of the classes in labels; with `binary`, of the second class as label
   * [default: 0.5]. A number is for all classes. An object such as { cat: 0.3 } is for some classes, and the others
   * keep 0.5. An array is in class order.
   */
  threshold?: ValueOf<'threshold'> | undefined
  /**
   * No label (null, or an empty cell) if the largest probability is lower [default: none]. This empties only the
   * columns label and correct; the probabilities, the index and the confidence are written as always. Metrics of
   * labels (accuracy, balanced accuracy, those of each class) are then of the rows with a label, and all others of
   * all rows. No row is left out: select the rows with a label afterwards, or emit confidence and compare it.
   */
  minConfidence?: ValueOf<'minConfidence'> | undefined
  /**
   * What to do with a row that has NaN, +inf or only -inf: an error, NaN or null results [default: 'error']. Such a
   * row has no softmax; a sigmoid is undefined only for NaN. propagate outputs NaN, like scipy and torch, and no
   * label. null outputs null instead of every result. Both count such rows.
   */
  nonfinite?: ValueOf<'nonfinite'> | undefined
}

interface ForBytesObjectsRead {
  /**
   * Logit columns, in this order: names, positions 2-11, globs logit_*, /regex/; ! excludes [default: logit*].
   * Commas separate the names and patterns. Positions count from 1; logit_a-logit_d is a range of names. In JSON, a
   * path such as m.a selects a value inside an object. By default, a single logit* needs `binary` or the sigmoid,
   * because the softmax of one logit is 1.
   */
  logits?: ValueOf<'logits'> | undefined
  /** What to do with a bad row [default: fail; skip with `onReject` or `maxErrors`]. */
  onError?: ValueOf<'onError'> | undefined
  /** Called for each bad row, in order, and awaited; bad rows are skipped and do not end the stream. */
  onReject?: ValueOf<'onReject'> | undefined
  /**
   * Maximum number of bad rows [default: no limit]. One more ends the stream with an error, after the rows before
   * it.
   */
  maxErrors?: ValueOf<'maxErrors'> | undefined
  /**
   * How to read a missing logit: as an error, as -inf (probability 0), or as nan [default: 'error']. A logit is
   * missing if its cell is empty or null, or has a text of `null`. A missing list of logits is read as if each of
   * its logits were missing. With error, its row is a bad row. With -inf, the class is masked: its probability is
   * 0. With nan, the logit is NaN (see `nonfinite`).
   */
  missing?: ValueOf<'missing'> | undefined
}

interface ForBytesObjectsWrite {
  /**
   * Class names in column order, or @ and the name of a file that contains them [default: from the header]. The
   * file has one name per line, or JSON: an array, a config.json of Hugging Face with id2label, or
   * imagenet_class_index.json. If the logits are an object, the names are its keys, in class order; rows may lack
   * some of them (see `missing`). Duplicate names get their position, with a warning: crane_134, crane_517.
   */
  labels?: ValueOf<'labels'> | undefined
  /**
   * Which of the input's other columns to copy: `true`, `false`, or a selector such as 'id,name' [default: all].
   * The columns are copied unchanged, before the new ones, in the order of the list; objects of JSON keep their
   * own. The selector is written as for `logits`; '!secret' copies all but secret. In a table made from NDJSON,
   * 'user.id' selects a value inside an object.
   */
  keep?: ValueOf<'keep'> | undefined
  /** Maximum number of significant digits in results, 1 to 17 [default: shortest round-trip]. */
  precision?: ValueOf<'precision'> | undefined
}

interface ForBytesObjectsMatrixWrite {
  /**
   * Output columns, or properties of predictions [default: probs,label; probs,index in npz and safetensors, probs
   * in npy]. Any of 'probs', 'label', 'index', 'labels', 'set', 'set_size', 'confidence', 'margin', 'entropy',
   * 'logsumexp', 'loss', 'rank', 'correct'. 'label=predicted' renames one, and 'probs=prob_' sets the prefix of the
   * probabilities. Object streams also output 'index' by default, and a matrix always has 'probs' and 'index'.
   */
  emit?: ValueOf<'emit'> | undefined
  /** Round results to float32 [default: false]. Text has the shortest digits that read back as the same float32. */
  float32?: ValueOf<'float32'> | undefined
}

interface ForBytesObjects {
  /**
   * Column of true classes, by name or by position from 1 [default: none]. A cell contains the name of a class, or
   * its position from 0, or from `truthFrom` (of two classes, also false or true). It is empty (in arrays, -100 or
   * NaN) if the class is unknown. With the sigmoid, a row may have several true classes: a list (cat|dog in a cell,
   * [] for none), or 0 or 1 for each class, in one array or in one column per class, such as is_cat,is_dog.
   */
  truth?: ValueOf<'truth'> | undefined
  /**
   * With `truth`, the number that means the first class: 0 or 1 [default: 0]. True classes that are positions count
   * from 0, as in numpy and scikit-learn; with 1, they count from 1, as in R, MATLAB and star ratings. Positions in
   * the output always count from 0.
   */
  truthFrom?: ValueOf<'truthFrom'> | undefined
}

interface ForBytesWrite {
  /**
   * Types of columns kept from text or objects, in parquet and arrow: 'infer', or such as 'id=int64,price=double'
   * [default: 'text']. 'infer' detects columns of integers, numbers, booleans, dates or times in delimited text.
   * 'id=int64,price=double', or a list of such entries, sets the types of two columns, and 'infer,id=text' does
   * both. The types are text, int64, float64, double, bool, date32, timestamp, timestamp_utc, decimal(P,S). With
   * keep: 'id', 'id=text' also declares a key of JSON or objects that the first rows do not have.
   */
  types?: ValueOf<'types'> | undefined
  /** Whether to write a header line [default: same as the input; no header when converting another format to copy]. */
  outputHeader?: ValueOf<'outputHeader'> | undefined
  /**
   * Put a ' before text that spreadsheets treat as a formula [default: false]. This is text that begins with = + -
   * @, a tab or a carriage return.
   */
  escapeFormulas?: ValueOf<'escapeFormulas'> | undefined
}

interface ForWrite {
  /**
   * The stream of read() whose rows are written, if the program copies them or makes others. Columns in parquet and
   * arrow then have the types that it found, unless `types` sets others.
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
   * Character before a quote inside quotes [default: the quote]. With `quote` none, \ reads backslash escapes as
   * databases write them: \t \n \r \\, and \N for null.
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
   * The header has one cell fewer than the rows, as R writes it [default: false]. The first column is then called
   * row_names. Files of pandas, in which the first name is empty, do not need this option.
   */
  rowNames?: ValueOf<'rowNames'> | undefined
  /**
   * Input encoding, such as utf-16le, latin1, windows-1252 or shift_jis; output text is UTF-8 [default: utf-8, or
   * by byte order mark]. As in the Encoding Standard, latin1 (ISO-8859-1) is read as Windows-1252.
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
   * Name of a stream in messages, or a list of names, one for each stream. Without it, several streams are called
   * stream 1, stream 2 and so on.
   */
  source?: ValueOf<'source'> | undefined
}

interface ForBytesObjectsReadWrite {
  /**
   * Texts that also mean a missing value, such as NA,NULL,\N [default: none]. Each means a missing logit, an
   * unknown true class, and null in kept columns that get a type (see `types`). In a column of the type text, a
   * cell without quotes is null if it equals one of the texts or, if `null` is not given, if it is empty.
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
