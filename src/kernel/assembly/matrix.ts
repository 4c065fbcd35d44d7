/** Matrices: rows of numbers out of a column each, and the other way round. */

/** How many rows are done together: a line of the cache has numbers of several classes. */
const ROWS: u32 = 64

/**
 * Writes rows of `classes` doubles as a column each, of doubles or, with `narrow`, of float32; a column begins `stride` bytes
 * behind the one before.
 */
export function splitRows(at: usize, rows: u32, classes: u32, out: usize, stride: usize, narrow: u32): void {
  const width = (<usize>classes) << 3
  const shift: usize = narrow ? 2 : 3
  for (; rows > 0; ) {
    const some = min(rows, ROWS)
    for (let index: usize = 0; index < <usize>classes; index++) {
      splitColumn(at + (index << 3), some, width, out + index * stride, narrow)
    }
    at += width * <usize>some
    out += (<usize>some) << shift
    rows -= some
  }
}

// @ts-ignore: decorator
@inline
function splitColumn(at: usize, rows: u32, width: usize, out: usize, narrow: u32): void {
  if (narrow) for (; rows > 0; rows--, at += width, out += 4) store<f32>(out, <f32>load<f64>(at))
  else for (; rows > 0; rows--, at += width, out += 8) store<f64>(out, load<f64>(at))
}
