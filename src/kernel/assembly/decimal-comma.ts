/** Numbers with a decimal comma in delimited output. */
import { COMMA, POINT, QUOTE } from './json'
import { Job } from './structs'

/**
 * Gives the numbers printed from `start` to `end` the decimal separator of the output; returns the end. There are
 * several, with delimiters between them, only if none needs quotes. Writes up to 16 bytes past the end.
 */
export function withCommas(start: usize, end: usize, job: Job): usize {
  if (job.outDecimal != COMMA) return end
  if (job.outDelimiter == COMMA) return quoteFraction(start, end)
  for (; start < end; start += 16) {
    const bytes = v128.load(start)
    const points = i8x16.eq(bytes, i8x16.splat(<i8>POINT))
    v128.store(start, v128.bitselect(i8x16.splat(<i8>COMMA), bytes, points))
  }
  return end
}

/** The same between commas: a number with a fraction needs quotes. */
function quoteFraction(start: usize, end: usize): usize {
  let point = start
  while (point < end && <u32>load<u8>(point) != POINT) point++
  if (point == end) return end
  store<u8>(point, COMMA)
  for (let at = end; at > start; at--) store<u8>(at, load<u8>(at - 1))
  store<u8>(start, QUOTE)
  store<u8>(end, QUOTE, 1)
  return end + 2
}
