/**
 * The state of a row, as it lies in memory while the row's chunks pass through the four phases of `softmax.ts`:
 * offsets in bytes from its start. Statuses and flags are numbers that the host knows too.
 */

/** f64: the largest logit. */
export const MAX: usize = 0
/** f64: the largest of the others, -inf where there is none. */
export const SECOND: usize = 8
/** u32: position of the largest logit, the first on a tie. */
export const INDEX: usize = 16
/** u32: one of the statuses below. */
export const STATUS: usize = 20
/** f64: the reference that exponents are taken from: MAX, save where all others vanish beside it. */
export const REFERENCE: usize = 24
/** f64x2 each: the sum of the exponentials but the largest, even classes in lane 0: head and tail. */
export const SUM_HEAD: usize = 32
export const SUM_TAIL: usize = 48
/** f64x2 each: the sum of the exponentials times their distance from the largest logit. */
export const SPREAD_HEAD: usize = 64
export const SPREAD_TAIL: usize = 80
/** f64 each: the reciprocal of the whole sum, rounded; cut to 27 bits; and what the cut left out. */
export const RECIPROCAL: usize = 96
export const RECIPROCAL_HEAD: usize = 104
export const RECIPROCAL_TAIL: usize = 112
/** f64 each: the logarithm of the whole sum, as a pair. */
export const LOG_HEAD: usize = 120
export const LOG_TAIL: usize = 128
/** f64 each: the summary of the row. */
export const CONFIDENCE: usize = 136
export const MARGIN: usize = 144
export const ENTROPY: usize = 152
export const LOGSUMEXP: usize = 160
/** 32 bytes for one exponential at a time. */
export const APART: usize = 176
/** The size of a state. */
export const STATE_SIZE: usize = 208

export const STATUS_FINITE: u32 = 0
export const STATUS_NAN: u32 = 1
export const STATUS_INFINITE: u32 = 2
export const STATUS_MASKED: u32 = 3

/** Flags of what is wanted of a row. */
export const WANT_LOG: u32 = 1
export const WANT_SUMMARY: u32 = 2
