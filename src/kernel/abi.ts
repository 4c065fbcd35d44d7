/**
 * The state of a row, as it lies in memory while the row's chunks pass through the four phases of `softmax.ts`:
 * offsets in bytes from its start. `index.ts` exports what the host needs, so that every number stands here only.
 *
 * Behind it the job of `csv.ts`, which the host writes once for all blocks; and numbers that stand in a job.
 */

/** f64 each: the largest logit, and the largest of the others, -inf where there is none. */
export const MAX: usize = 0
export const SECOND: usize = 8
/** u32: position of the largest logit, the first on a tie; of the first NaN, if any. */
export const INDEX: usize = 16
/** u32: one of the statuses below. */
export const STATUS: usize = 20

/** f64: taken from every logit before all else; not 0 only where that is exact. */
export const OFFSET: usize = 24
/** f64: where exponentials are taken from, on the grid of `exp.ts`: e^(x - OFFSET - ORIGIN). */
export const ORIGIN: usize = 32
/** f64: the logit that this is next to, less OFFSET: the largest, save where all others vanish beside it. */
export const REFERENCE: usize = 40
/** f64: at and below it, less OFFSET, logits are left out of the sum. */
export const FLOOR: usize = 48

/** f64: what each lane of SUM_HEAD starts with: a power of two that no term is above. */
export const BIAS: usize = 56
/** f64x2 each: the sum of the exponentials but the largest, even classes in lane 0: head and tail. */
export const SUM_HEAD: usize = 64
export const SUM_TAIL: usize = 80
/** f64x2 each: the sum of the same exponentials times their distance from REFERENCE. */
export const SPREAD_HEAD: usize = 96
export const SPREAD_TAIL: usize = 112

/** f64 each: the reciprocal of the whole sum, rounded; cut to 27 bits; and what the cut left out. */
export const RECIPROCAL: usize = 128
export const RECIPROCAL_HEAD: usize = 136
export const RECIPROCAL_TAIL: usize = 144
/** f64 each: the logarithm of the whole sum relative to the largest exponential, as a pair. */
export const LOG_HEAD: usize = 152
export const LOG_TAIL: usize = 160

/** f64 each: the summary of the row. */
export const CONFIDENCE: usize = 168
export const MARGIN: usize = 176
export const ENTROPY: usize = 184
export const LOGSUMEXP: usize = 192

/** f64 each: S and t of one exponential at a time. */
export const APART: usize = 200
/** The size of a state. */
export const STATE_SIZE: usize = 224

/** Why a row has no softmax: a NaN, +inf, or nothing but -inf. */
export const STATUS_FINITE: u32 = 0
export const STATUS_NAN: u32 = 1
export const STATUS_INFINITE: u32 = 2
export const STATUS_MASKED: u32 = 3

/** Flags of what is wanted of a row: log-softmax in place of softmax, and its summary. */
export const WANT_LOG: u32 = 1
export const WANT_SUMMARY: u32 = 2

/** The classes that are summed as one, a multiple of two: chunks of a row are whole blocks, but for the last. */
export const BLOCK: u32 = 128

/** u32 each: the byte between cells; the quote; what is blank beside a space: a tab, unless tabs delimit. */
export const DELIMITER: usize = 0
export const QUOTE: usize = 4
export const BLANK: usize = 8
/** u32: how many columns a row has; where there is one of the actions below for each (u8). */
export const COLUMNS: usize = 12
export const ACTIONS: usize = 16
/** u32 each: how many logits a row has; flags; how many of the largest are wanted. */
export const CLASSES: usize = 20
export const FLAGS: usize = 24
export const TOP: usize = 28
/** u32: 1 where results are rounded to float32; significant digits, 0 for the shortest exact ones. */
export const FLOAT32: usize = 32
export const PRECISION: usize = 36
/** f64: what logits are divided by. */
export const TEMPERATURE: usize = 40
/** u32 each: how many output columns; where there is one of the emits below for each (u8). */
export const EMITS: usize = 48
export const EMIT: usize = 52
/** u32: where there are the address and the length (u32 each) of each class's name, as it is written. */
export const LABELS: usize = 56
/** u32 each: where there is room for a state, the logits, twice and once as much again, a heap and its positions. */
export const STATE: usize = 60
export const LOGITS: usize = 64
export const SCRATCH: usize = 68
export const VALUES: usize = 72
export const HEAP: usize = 76
export const POSITIONS: usize = 80
/** u32: the most bytes that the new cells of a row can take. */
export const ROW_ROOM: usize = 84
/** u32 each, written by the kernel: where it stopped in the input and in the output, and how many rows it did. */
export const STOPPED: usize = 88
export const WRITTEN: usize = 92
export const ROWS: usize = 96
/** The size of a job. */
export const JOB_SIZE: usize = 104

/** What is done with a column. */
export const ACTION_DROP: u32 = 0
export const ACTION_KEEP: u32 = 1
export const ACTION_LOGIT: u32 = 2

/** What an output column is; from EMIT_CONFIDENCE on, those of the state in its order. */
export const EMIT_PROBS: u32 = 0
export const EMIT_TOP: u32 = 1
export const EMIT_LABEL: u32 = 2
export const EMIT_INDEX: u32 = 3
export const EMIT_CONFIDENCE: u32 = 4

/** Why the CSV kernel stopped: all rows are done; it does not understand the next; there is no room for it. */
export const STOP_DONE: u32 = 0
export const STOP_ODD: u32 = 1
export const STOP_FULL: u32 = 2
