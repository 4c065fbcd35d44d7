/** Blocks of snappy: see `formats/parquet/snappy.ts`, which puts them together. */

/** The least that a copy makes up for. */
const LEAST: usize = 4
const HASH_BITS: u32 = 14

/** Where in the block four bytes stood last, by their hash (u16). */
const PLACES: usize = memory.data(2 << 14, 16)

/**
 * Compresses the block from `at` to `end`, of up to 64 KiB, to `out`, and returns where that ends: at most a sixth and 32
 * bytes more than the block. What does not repeat for long is looked at less and less closely. Reads and writes up to 16 bytes
 * behind the ends.
 */
export function compressBlock(start: usize, end: usize, out: usize): usize {
  memory.fill(PLACES, 0, 2 << HASH_BITS)
  let pending = start
  let missed: u32 = 32
  for (let at = start + 1; at + LEAST <= end; ) {
    const word = load<u32>(at)
    const place = PLACES + ((<usize>((word * 0x1e35a7bd) >> (32 - HASH_BITS))) << 1)
    const before = start + <usize>load<u16>(place)
    store<u16>(place, <u16>(at - start))
    if (load<u32>(before) != word) {
      at += missed++ >> 5
      continue
    }
    const length = LEAST + sameBytes(before + LEAST, at + LEAST, end)
    out = writeCopy(at - before, length, writeLiteral(pending, at, out))
    at += length
    pending = at
    missed = 32
  }
  return writeLiteral(pending, end, out)
}

/** How many bytes from `before` on are those from `at` to `end`. */
// @ts-ignore: decorator
@inline
function sameBytes(before: usize, at: usize, end: usize): usize {
  const start = at
  for (; at + 8 <= end; at += 8, before += 8) {
    const difference = load<u64>(before) ^ load<u64>(at)
    if (difference) return at - start + <usize>(ctz(difference) >> 3)
  }
  while (at < end && load<u8>(before) == load<u8>(at)) {
    at++
    before++
  }
  return at - start
}

// @ts-ignore: decorator
@inline
function writeLiteral(start: usize, end: usize, out: usize): usize {
  if (start == end) return out
  const more = end - start - 1
  if (more < 60) store<u8>(out++, <u8>(more << 2))
  else if (more < 256) {
    store<u8>(out, 60 << 2)
    store<u8>(out, <u8>more, 1)
    out += 2
  } else {
    store<u8>(out, 61 << 2)
    store<u16>(out, <u16>more, 1)
    out += 3
  }
  for (; start < end; start += 16, out += 16) v128.store(out, v128.load(start))
  return out - (start - end)
}

/** In copies of 64 bytes at most; a short one from near is told shorter. */
// @ts-ignore: decorator
@inline
function writeCopy(back: usize, length: usize, out: usize): usize {
  if (length < 12 && back < 2048) {
    store<u8>(out, <u8>(1 | ((length - 4) << 2) | ((back >> 8) << 5)))
    store<u8>(out, <u8>back, 1)
    return out + 2
  }
  while (length) {
    const some = min<usize>(length, 64)
    store<u8>(out, <u8>(2 | ((some - 1) << 2)))
    store<u16>(out, <u16>back, 1)
    out += 3
    length -= some
  }
  return out
}

/** Bytes that are 0 or 1 as bits, the first in the lowest; up to 15 bytes more are read, of which the bits mean nothing. */
export function packLevels(at: usize, count: u32, out: usize): void {
  for (const end = at + <usize>count; at < end; at += 16, out += 2) {
    store<u16>(out, i8x16.bitmask(i8x16.shl(v128.load(at), 7)))
  }
}
