/** Numbers that the kernel and its host agree on. Plain TypeScript, so that both import this file. */

/** Why a row has no softmax: a NaN, +inf, or nothing but -inf. */
export const STATUS_FINITE = 0
export const STATUS_NAN = 1
export const STATUS_INFINITE = 2
export const STATUS_MASKED = 3

/** Flags of what is computed for a row: logarithms; its summary; each class on its own, by the sigmoid. */
export const WANT_LOG = 1
export const WANT_SUMMARY = 2
export const WANT_SIGMOID = 4
/** Whether rows are judged by their true class. */
export const WANT_TRUTH = 8
/** Whether the derivatives of the loss are wanted, too: see `assembly/judge.ts`. */
export const WANT_SLOPE = 16
/** How many numbers a row that is judged has, and which some of them are: see `assembly/judge.ts`. */
export const JUDGED = 13
export const TRUTH = 0
export const PREDICTED = 1
export const RANK = 2
export const LOSS = 4
export const ABSTAINED = 10
export const COVERED = 11
export const MEMBERS = 12
/** Bins of confidence: those that calibration errors are of, and those of the curve of risk. */
export const BINS = 15
/**
 * The curve has bins of 2^-12 up to EVEN_BINS of them, and above, where 1 - confidence is at most 2^-7 and most rows of many
 * models are, 32 for each halving of that, down to 2^-43; the last has what is even closer to 1.
 */
export const EVEN_BINS = 4064
export const OCTAVES = 36
export const CURVE_BINS = EVEN_BINS + 32 * OCTAVES + 2
/** Ranks of the true class up to this one are counted. */
export const RANKS = 5
/** Counts of the probabilities of true classes that lie in a range, where one is looked for: parts of equal size, as a power of two. */
export const PARTS_BITS = 16
/** The position of a class where there is none. */
export const NO_CLASS = 0xffffffff

/** The classes that are summed together, a multiple of two: chunks of a row are whole blocks, except the last. */
export const BLOCK = 128
/** The most classes of a chunk; a row that is whole in memory is judged in chunks of as many, so that the bits are the same. */
export const CHUNK = 1 << 14

/** What is done with a column. */
export const ACTION_DROP = 0
export const ACTION_KEEP = 1
export const ACTION_LOGIT = 2
/** The logits of all classes, in a list. */
export const ACTION_LOGITS = 3
/** The true class, which is not kept, or is. */
export const ACTION_TRUTH = 4
export const ACTION_KEPT_TRUTH = 5

/** What the values of a kept column are, where there are columns in the output. */
export const KEEP_TEXT = 0
export const KEEP_INTEGER = 1
export const KEEP_NUMBER = 2
export const KEEP_BOOLEAN = 3
export const KEEP_DATE = 4
export const KEEP_TIMESTAMP = 5
export const KEEP_TIMESTAMP_UTC = 6

/** No byte: no comment, no quote. */
export const NO_BYTE = 0x100

/** What an output column is; from EMIT_CONFIDENCE on, the summary of the row state in its order. */
export const EMIT_PROBS = 0
export const EMIT_TOP = 1
export const EMIT_LABEL = 2
export const EMIT_INDEX = 3
export const EMIT_CONFIDENCE = 4
/** NDJSON: all probabilities as one list, in place of a key for each class. */
export const EMIT_LIST = 8
/** Columns: the probabilities of each class in a column of its own. */
export const EMIT_CLASSES = 9

/** The names of the classes that are among a row's labels, as a list. */
export const EMIT_MEMBERS = 10
/** How many they are. */
export const EMIT_SET_SIZE = 11

/** Of the true class: its loss, its rank, and whether it was predicted. */
export const EMIT_LOSS = 16
export const EMIT_RANK = 17
export const EMIT_CORRECT = 18

/** Why the kernel stopped: all rows are done; the next row is deferred to the host; no room for it is left. */
export const STOP_DONE = 0
export const STOP_DEFERRED = 1
export const STOP_FULL = 2

/** What the values of a cell are, where text is written out of columns: see `assembly/cells.ts`. */
export const CELL_RESULT = 0
export const CELL_TEXT = 1
export const CELL_NAME = 2
export const CELL_INTEGER = 3
export const CELL_DOUBLE = 4
export const CELL_COUNT = 5
export const CELL_INT32 = 6
export const CELL_FLOAT = 7

/** What is corrupt of runs: they are truncated, or the number of one is; one is empty; a number has more bits than it may. */
export const RUN_TRUNCATED = 1
export const RUN_TRUNCATED_REPEATED = 2
export const RUN_EMPTY = 3
export const RUN_TOO_LARGE = 4
