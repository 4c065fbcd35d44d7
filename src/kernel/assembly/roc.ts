/**
 * The bins of a class for ROC and precision-recall curves: its probabilities in order. They are narrow near 0, where
 * those of rare classes are, and near 1.
 *
 * Below 1/2, probabilities are divided into octaves, [2^-k, 2^(1-k)), and these into 2^bits bins of equal width; below
 * 2^-16, where octaves are many and positive rows few, into 16 times fewer. The first bin has everything below 2^-64.
 * From 1/2 on, bins are the same for 1 - p, which is exact there; the last one has 1.
 */

/** A bin: the number of rows, and of those that have the class; and their probability, NaN if there are several. */
@unmanaged
class RocBin {
  rows: f64
  right: f64
  value: f64
}

/** The difference between the bits of the wide and the narrow bins, and where these begin. */
const COARSER: u64 = 4
const FINE_FROM: f64 = 1.52587890625e-5
const FINE: u64 = 16
/** The last octaves: of p, and of 1 - p. */
const LOWEST: u64 = 64
const LOWEST_REST: u64 = 53

/** The binary digits of a bin in its octave: as many as for one class, unless there are more than four. */
// @ts-ignore: decorator
@inline
export function rocBits(classes: u32): u64 {
  return <u64>min<u32>(10, <u32>clz(classes - 1) - 20)
}

/** The number of bins of each of `classes` classes, at most 128. */
export function rocBins(classes: u32): u32 {
  const bits = rocBits(classes)
  const octaves = LOWEST + LOWEST_REST - 2 * FINE
  return 3 + <u32>((octaves << (bits - COARSER)) + (((FINE - 1) << bits) << 1))
}

/** The size of the bins of each of `classes` classes in bytes. */
export function rocSize(classes: u32): usize {
  return <usize>rocBins(classes) * offsetof<RocBin>()
}

/** Counts the probability of a class in its bins. */
// @ts-ignore: decorator
@inline
export function countProbability(roc: usize, p: f64, right: bool, bits: u64, bins: u32): void {
  const bin = changetype<RocBin>(roc + rocBinOf(p, bits, bins) * offsetof<RocBin>())
  addValue(bin, p)
  bin.rows += 1
  bin.right += <f64>right
}

/** Adds the counts of `classes` classes in other bins. */
export function addRoc(to: usize, from: usize, classes: u32): void {
  for (const end = from + <usize>classes * rocSize(classes); from < end; from += offsetof<RocBin>(), to += offsetof<RocBin>()) {
    const other = changetype<RocBin>(from)
    if (other.rows == 0) continue
    const bin = changetype<RocBin>(to)
    addValue(bin, other.value)
    bin.rows += other.rows
    bin.right += other.right
  }
}

/** Must be called before rows are added. */
// @ts-ignore: decorator
@inline
function addValue(bin: RocBin, p: f64): void {
  if (bin.rows == 0) bin.value = p
  else if (bin.value != p) bin.value = NaN
}

/** The bin of a probability among `bins`. */
// @ts-ignore: decorator
@inline
function rocBinOf(p: f64, bits: u64, bins: u32): usize {
  return p < 0.5 ? binFromEnd(p, bits, LOWEST) : <usize>bins - 1 - binFromEnd(1 - p, bits, LOWEST_REST)
}

/** The bin of a distance from 0 or 1, at most 1/2. */
// @ts-ignore: decorator
@inline
function binFromEnd(distance: f64, bits: u64, lowest: u64): usize {
  const digits = reinterpret<u64>(distance)
  const wide = bits - COARSER
  if (distance < FINE_FROM) return <usize>max<i64>(0, <i64>(1 + (digits >> (52 - wide)) - ((1023 - lowest) << wide)))
  return <usize>(1 + ((lowest - FINE) << wide) + (digits >> (52 - bits)) - ((1023 - FINE) << bits))
}
