/** Constants shared by the kernel and its host. Plain TypeScript, so that both can import this file. */

/** Why a row has no softmax: a NaN, +inf, or only -inf. */
export const STATUS_FINITE = 0
export const STATUS_NAN = 1
export const STATUS_INFINITE = 2
export const STATUS_MASKED = 3

/** Flags for what is computed per row: logarithms; its summary; each class independently, by the sigmoid. */
export const WANT_LOG = 1
export const WANT_SUMMARY = 2
export const WANT_SIGMOID = 4
/** Whether rows are evaluated by their true class. */
export const WANT_TRUTH = 8
/** Whether the derivatives of the loss are computed as well: see `assembly/row-evaluation.ts`. */
export const WANT_SLOPE = 16
/** How many numbers an evaluated row has, and the indices of some: see `assembly/row-evaluation.ts`. */
export const EVALUATION_FIELDS = 13
export const TRUTH = 0
export const PREDICTED = 1
export const RANK = 2
export const LOSS = 4
export const ABSTAINED = 10
export const COVERED = 11
export const MEMBERS = 12
/** The numbers of confidence bins: for calibration errors, and for the risk-coverage curve. */
export const BINS = 15
/**
 * The curve has EVEN_BINS bins of width 2^-12. Above them, where 1 - confidence is at most 2^-7, as for most rows of
 * many models, it has 32 for each halving of that, down to 2^-43; the last one has everything closer to 1.
 */
export const EVEN_BINS = 4064
export const OCTAVES = 36
export const CURVE_BINS = EVEN_BINS + 32 * OCTAVES + 2
/** The highest rank of the true class that is counted. */
export const RANKS = 5
/** The number of parts in which probabilities of true classes are counted when searching for one, as a power of two. */
export const PARTS_BITS = 16
/** The maximum number of classes with ROC bins, whose size is limited: see `assembly/roc.ts`. */
export const MOST_RANKED = 128
/** The position of a missing class. */
export const NO_CLASS = 0xffffffff

/**
 * The number of classes per block of a sum, a multiple of two: chunks of a row are complete blocks, except the last.
 */
export const BLOCK = 128
/**
 * The maximum number of classes per chunk; a row that fits in memory is evaluated in chunks of this size, too, to get the
 * same bits.
 */
export const CHUNK = 1 << 14

/** The action for a column; the bit of ACTION_KEEP may be added to any other. */
export const ACTION_DROP = 0
export const ACTION_KEEP = 1
export const ACTION_LOGIT = 2
/** The logits of all classes, in a list. */
export const ACTION_LOGITS = 4
export const ACTION_TRUTH = 6

/** The types of kept columns, for column output: in nullable text, unquoted cells can be null. */
export const KEEP_TEXT = 0
export const KEEP_NULLABLE_TEXT = 1
export const KEEP_INTEGER = 2
export const KEEP_NUMBER = 3
export const KEEP_BOOLEAN = 4
export const KEEP_DATE = 5
export const KEEP_TIMESTAMP = 6
export const KEEP_TIMESTAMP_UTC = 7

/** No byte: no comment, no quote. */
export const NO_BYTE = 0x100

/** The kinds of output columns; from EMIT_CONFIDENCE on, the summary of the row state in its order. */
export const EMIT_PROBS = 0
export const EMIT_TOP = 1
export const EMIT_LABEL = 2
export const EMIT_INDEX = 3
export const EMIT_CONFIDENCE = 4
/** NDJSON: all probabilities as one list, instead of a key per class. */
export const EMIT_LIST = 8
/** Columns: one column of probabilities per class. */
export const EMIT_CLASSES = 9

/** The names of a row's labels, as a list. */
export const EMIT_MEMBERS = 10
/** The number of a row's labels. */
export const EMIT_SET_SIZE = 11
/** NDJSON: all probabilities as one object of class -> probability. */
export const EMIT_RECORD = 12

/** About the true class: its loss, its rank, and whether it was predicted. */
export const EMIT_LOSS = 16
export const EMIT_RANK = 17
export const EMIT_CORRECT = 18

/** Why the kernel stopped: all rows are done; the next row is deferred to the host; the output is full. */
export const STOP_DONE = 0
export const STOP_DEFERRED = 1
export const STOP_FULL = 2

/** The kinds of cell values for text written from columns: see `assembly/cells.ts`. */
export const CELL_RESULT = 0
export const CELL_TEXT = 1
export const CELL_NAME = 2
export const CELL_INTEGER = 3
export const CELL_DOUBLE = 4
export const CELL_COUNT = 5
export const CELL_INT32 = 6
export const CELL_FLOAT = 7

/** How runs are corrupt: truncated, possibly within a value; empty; or with a value that is too large. */
export const RUN_TRUNCATED = 1
export const RUN_TRUNCATED_REPEATED = 2
export const RUN_EMPTY = 3
export const RUN_TOO_LARGE = 4
