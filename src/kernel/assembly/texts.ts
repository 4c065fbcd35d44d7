/**
 * Strings in Arrow's memory layout: `offsets` (u32, one more than there are strings) are relative to `texts`. Reads up
 * to 16 bytes past the end.
 */
import { copy } from './pipeline'

/** Writes each string after its length (u32), and returns the end; writes up to 16 bytes past it. */
export function writeTexts(texts: usize, offsets: usize, count: u32, out: usize): usize {
  for (const end = offsets + (<usize>count << 2); offsets < end; offsets += 4) {
    const start = load<u32>(offsets)
    const length = load<u32>(offsets, 4) - start
    store<u32>(out, length)
    out = copy(texts + <usize>start, length, out + 4)
  }
  return out
}

/**
 * Writes the positions of the minimum and maximum by bytewise order to `range`, in eight bytes each; the first if tied.
 */
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

/** Eight bytes at a time: the first differing byte is the lowest one. */
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

/** A hash table of positions plus one (u16). */
const TABLE_BITS: u32 = 12
const TABLE: usize = memory.data(2 << 12, 16)

/** Counts the distinct strings among at most 2048. */
export function countDistinct(texts: usize, offsets: usize, count: u32): u32 {
  memory.fill(TABLE, 0, 2 << TABLE_BITS)
  let distinct: u32 = 0
  for (let index: u32 = 0; index < count; index++) {
    const at = offsets + (<usize>index << 2)
    let slot = hashOf(texts, at) >> (32 - TABLE_BITS)
    let before = indexAt(slot)
    while (before && compare(texts, at, offsets + (<usize>(before - 1) << 2)) != 0) {
      slot = (slot + 1) & ((1 << TABLE_BITS) - 1)
      before = indexAt(slot)
    }
    if (before) continue
    store<u16>(TABLE + (<usize>slot << 1), <u16>(index + 1))
    distinct++
  }
  return distinct
}

// @ts-ignore: decorator
@inline
function indexAt(slot: u32): u32 {
  return <u32>load<u16>(TABLE + (<usize>slot << 1))
}

/** FNV-1a, whose upper bits are the well-mixed ones. */
function hashOf(texts: usize, at: usize): u32 {
  let hash: u32 = 0x811c9dc5
  const end = texts + <usize>load<u32>(at, 4)
  for (let byte = texts + <usize>load<u32>(at); byte < end; byte++) hash = (hash ^ <u32>load<u8>(byte)) * 0x01000193
  return hash * 0x9e3779b1
}

/**
 * Writes the strings at some positions (u32) to `out`, and their end offsets (u32), relative to `first`, to `ends`;
 * returns the end. Writes up to 16 bytes past it.
 */
export function packTexts(
  texts: usize,
  offsets: usize,
  positions: usize,
  count: u32,
  out: usize,
  ends: usize,
  first: u32,
): usize {
  const start = out - <usize>first
  for (const end = positions + (<usize>count << 2); positions < end; positions += 4, ends += 4) {
    const at = offsets + (<usize>load<u32>(positions) << 2)
    const from = load<u32>(at)
    out = copy(texts + <usize>from, load<u32>(at, 4) - from, out)
    store<u32>(ends, <u32>(out - start))
  }
  return out
}
