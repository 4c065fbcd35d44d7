/**
 * Texts in Arrow's memory layout: `offsets` (u32, one more than there are texts) are where each begins behind `texts`, and where
 * the last ends. Reads up to 16 bytes behind that.
 */
import { copy } from './pipeline'

/** Writes each text behind its length (u32), and returns where they end; up to 16 bytes behind that are written too. */
export function writeTexts(texts: usize, offsets: usize, count: u32, out: usize): usize {
  for (const end = offsets + (<usize>count << 2); offsets < end; offsets += 4) {
    const start = load<u32>(offsets)
    const length = load<u32>(offsets, 4) - start
    store<u32>(out, length)
    out = copy(texts + <usize>start, length, out + 4)
  }
  return out
}

/** Writes at `range`, in eight bytes each, which text is the least by its bytes and which the largest, the first on a tie. */
export function rangeOfTexts(texts: usize, offsets: usize, count: u32, range: usize): void {
  let least = offsets
  let most = offsets
  const end = offsets + (<usize>count << 2)
  for (let at = offsets + 4; at < end; at += 4) {
    if (compare(texts, at, least) < 0) least = at
    else if (compare(texts, at, most) > 0) most = at
  }
  store<u32>(range, <u32>(least - offsets) >> 2)
  store<u32>(range, <u32>(most - offsets) >> 2, 8)
}

/** Eight bytes at a time: of those that differ, the first is the lowest. */
function compare(texts: usize, a: usize, b: usize): i32 {
  const start = <usize>load<u32>(a)
  const other = <usize>load<u32>(b)
  const length = <usize>load<u32>(a, 4) - start
  const otherLength = <usize>load<u32>(b, 4) - other
  const common = min(length, otherLength)
  for (let at: usize = 0; at < common; at += 8) {
    const difference = load<u64>(texts + start + at) ^ load<u64>(texts + other + at)
    if (!difference) continue
    const byte = at + <usize>(ctz(difference) >> 3)
    if (byte >= common) break
    return <i32>load<u8>(texts + start + byte) - <i32>load<u8>(texts + other + byte)
  }
  return <i32>length - <i32>otherLength
}
