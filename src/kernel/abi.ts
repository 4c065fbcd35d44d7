/**
 * The state of a row, as it lies in memory while the row's chunks pass through the four phases of `softmax.ts`:
 * offsets in bytes from its start. The host imports this file too, so it is plain TypeScript, and every number stands
 * here only.
 *
 * Behind it the job of `csv.ts` and `ndjson.ts`, which the host writes once for all blocks; and numbers that stand in a job.
 */

/** f64 each: the largest logit, and the largest of the others, -inf where there is none. */
export const MAX = 0
export const SECOND = 8
/** u32: position of the largest logit, the first on a tie; of the first NaN, if any. */
export const INDEX = 16
/** u32: one of the statuses below. */
export const STATUS = 20

/** f64: taken from every logit before all else; not 0 only where that is exact. */
export const OFFSET = 24
/** f64: where exponentials are taken from, on the grid of `exp.ts`: e^(x - OFFSET - ORIGIN). */
export const ORIGIN = 32
/** f64: the logit that this is next to, less OFFSET: the largest, save where all others vanish beside it. */
export const REFERENCE = 40
/** f64: at and below it, less OFFSET, logits are left out of the sum. */
export const FLOOR = 48

/** f64: what each lane of SUM_HEAD starts with: a power of two that no term is above. */
export const BIAS = 56
/** f64x2 each: the sum of the exponentials but the largest, even classes in lane 0: head and tail. */
export const SUM_HEAD = 64
export const SUM_TAIL = 80
/** f64x2 each: the sum of the same exponentials times their distance from REFERENCE. */
export const SPREAD_HEAD = 96
export const SPREAD_TAIL = 112

/** f64 each: the reciprocal of the whole sum, rounded; cut to 27 bits; and what the cut left out. */
export const RECIPROCAL = 128
export const RECIPROCAL_HEAD = 136
export const RECIPROCAL_TAIL = 144
/** f64 each: the logarithm of the whole sum relative to the largest exponential, as a pair. */
export const LOG_HEAD = 152
export const LOG_TAIL = 160

/** f64 each: the summary of the row. */
export const CONFIDENCE = 168
export const MARGIN = 176
export const ENTROPY = 184
export const LOGSUMEXP = 192

/** f64 each: S and t of one exponential at a time. */
export const APART = 200
/** The size of a state. */
export const STATE_SIZE = 224

/** Why a row has no softmax: a NaN, +inf, or nothing but -inf. */
export const STATUS_FINITE = 0
export const STATUS_NAN = 1
export const STATUS_INFINITE = 2
export const STATUS_MASKED = 3

/** Flags of what is wanted of a row: log-softmax in place of softmax, and its summary. */
export const WANT_LOG = 1
export const WANT_SUMMARY = 2

/** The classes that are summed as one, a multiple of two: chunks of a row are whole blocks, but for the last. */
export const BLOCK = 128

/** u32 each: the byte between cells; the quote. */
export const DELIMITER = 0
export const QUOTE = 4
/** u32: how many columns a row has; where there is one of the actions below for each (u8). */
export const COLUMNS = 8
export const ACTIONS = 12
/** u32 each: how many logits a row has; flags; how many of the largest are wanted. */
export const CLASSES = 16
export const FLAGS = 20
export const TOP = 24
/** u32: 1 where results are rounded to float32; significant digits, 0 for the shortest exact ones. */
export const FLOAT32 = 28
export const PRECISION = 32
/** f64: what logits are divided by. */
export const TEMPERATURE = 40
/** u32 each: how many output columns; where there is one of the emits below for each (u8). */
export const EMITS = 48
export const EMIT = 52
/** u32: where there are the address and the length (u32 each) of each class's name, as it is written. */
export const LABELS = 56
/** u32 each: how many rows are scored together; where there is room for their states, logits, scratch and values. */
export const BATCH_ROWS = 60
export const STATES = 64
export const LOGITS = 68
export const SCRATCH = 72
export const VALUES = 76
/** u32 each: where there is room for the marks of a batch's rows and one more, 8 bytes each, and for its kept cells. */
export const MARKS = 80
export const KEPT = 84
/** u32 each: where there is room for a heap of the largest and their positions. */
export const HEAP = 88
export const POSITIONS = 92
/** u32: the most bytes that the new cells of a row can take. */
export const ROW_ROOM = 96
/** u32 each, written by the kernel: where it stopped in the input and in the output, and how many rows it did. */
export const STOPPED = 100
export const WRITTEN = 104
export const ROWS = 108
/**
 * u32 each, of NDJSON: where there are the address and the length (u32 each) of the key of the logits and then of the new
 * keys, and how many these are; and the same of what stands before each new value.
 */
export const KEYS = 112
export const KEY_COUNT = 116
export const LEADS = 120
/** The size of a job. */
export const JOB_SIZE = 128

/** What is done with a column. */
export const ACTION_DROP = 0
export const ACTION_KEEP = 1
export const ACTION_LOGIT = 2

/** What an output column is; from EMIT_CONFIDENCE on, those of the state in its order. */
export const EMIT_PROBS = 0
export const EMIT_TOP = 1
export const EMIT_LABEL = 2
export const EMIT_INDEX = 3
export const EMIT_CONFIDENCE = 4

/** Why a kernel of bytes stopped: all rows are done; it does not understand the next; there is no room for it. */
export const STOP_DONE = 0
export const STOP_ODD = 1
export const STOP_FULL = 2
