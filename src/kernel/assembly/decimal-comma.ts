/** Numbers with a decimal comma in delimited output. */
import { COMMA, POINT, QUOTE } from './json'
import { Job } from './structs'

/**
 * Gives the numbers printed from `start` to `end`, with or without delimiters between them, the decimal separator of the
 * output; returns the end. Writes up to 16 bytes past it.
 */
export function withCommas(start: usize, end: usize, job: Job): usize {
  if (job.outDecimal != COMMA) return end
  if (job.outDelimiter == COMMA) return quoteDecimals(start, end)
  for (; start < end; start += 16) {
    const bytes = v128.load(start)
    const points = i8x16.eq(bytes, i8x16.splat(<i8>POINT))
    v128.store(start, v128.bitselect(i8x16.splat(<i8>COMMA), bytes, points))
  }
  return end
}

/** The same for commas between commas, where a number with a fraction needs quotes. Moves the cells from the last to the first. */
function quoteDecimals(start: usize, end: usize): usize {
  let to = end + 2 * countFractions(start, end)
  const last = to
  for (let at = end; at > start; ) {
    const cell = cellStart(start, at)
    const isQuoted = countFractions(cell, at) > 0
    if (isQuoted) store<u8>(--to, QUOTE)
    for (; at > cell; at--) {
      const c = <u32>load<u8>(at - 1)
      store<u8>(--to, c == POINT ? COMMA : c)
    }
    if (isQuoted) store<u8>(--to, QUOTE)
    if (at > start) store<u8>(--to, load<u8>(--at))
  }
  return last
}

/** The start of the cell that ends at `end`, which is empty if that follows a delimiter. */
function cellStart(start: usize, end: usize): usize {
  while (end > start && <u32>load<u8>(end - 1) != COMMA) end--
  return end
}

function countFractions(at: usize, end: usize): usize {
  let count: usize = 0
  for (; at < end; at++) count += usize(<u32>load<u8>(at) == POINT)
  return count
}
