/**
 * The state of a row, as it lies in memory while the row's chunks pass through the four phases of `softmax.ts`:
 * offsets in bytes from its start. `index.ts` exports what the host needs, so that every number stands here only.
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
