/** Snappy blocks: see `formats/parquet/snappy.ts`, which assembles them. */

/** The minimum length of a copy. */
const LEAST: usize = 4
const HASH_BITS: u32 = 14

/** The last position of each four bytes in the block, by their hash (u16). */
const SLOTS: usize = memory.data(2 << 14, 16)

/**
 * Compresses the block from `at` to `end`, up to 64 KiB, to `out`, and returns the end: at most a sixth plus 32 bytes
 * more than the block. Incompressible stretches are searched with increasing steps. Reads and writes up to 16 bytes
 * past the ends.
 */
export function compressBlock(start: usize, end: usize, out: usize): usize {
  memory.fill(SLOTS, 0, 2 << HASH_BITS)
  let pending = start
  let missed: u32 = 32
  for (let at = start + 1; at + LEAST <= end; ) {
    const word = load<u32>(at)
    const slot = SLOTS + ((<usize>((word * 0x1e35a7bd) >> (32 - HASH_BITS))) << 1)
    const before = start + <usize>load<u16>(slot)
    store<u16>(slot, <u16>(at - start))
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

/** The length of the match between the bytes from `before` and those from `at` to `end`. */
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

/** Emits copies of at most 64 bytes; a short one from nearby takes fewer bytes. */
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

/**
 * Packs bytes that are 0 or 1 into bits, least significant first; reads up to 15 more bytes, whose bits are arbitrary.
 */
export function packLevels(at: usize, count: u32, out: usize): void {
  for (const end = at + <usize>count; at < end; at += 16, out += 2) {
    store<u16>(out, i8x16.bitmask(i8x16.shl(v128.load(at), 7)))
  }
}

/**
 * Decompresses the bytes from `at`, after the length prefix, to `end`; returns whether they fill `out` to `limit`
 * exactly. Reads and writes up to 16 bytes past the ends.
 */
export function uncompress(at: usize, end: usize, out: usize, limit: usize): bool {
  const start = out
  while (at < end) {
    const tag = <u32>load<u8>(at++)
    let length = <usize>(tag >> 2) + 1
    if ((tag & 3) == 0) {
      const extra = length > 60 ? length - 60 : 0
      if (extra) {
        length = (<usize>(load<u32>(at) & <u32>((<u64>1 << (extra << 3)) - 1))) + 1
        at += extra
      }
      if (length > end - at || length > limit - out || at > end || !length) return false
      for (let from = at, to = out; to < out + length; from += 16, to += 16) v128.store(to, v128.load(from))
      at += length
      out += length
      continue
    }
    let back: usize
    if ((tag & 3) == 1) {
      length = <usize>((tag >> 2) & 7) + 4
      back = ((<usize>(tag >> 5)) << 8) | <usize>load<u8>(at++)
    } else if ((tag & 3) == 2) {
      back = <usize>load<u16>(at)
      at += 2
    } else {
      back = <usize>load<u32>(at)
      at += 4
    }
    if (!back || back > out - start || length > limit - out || at > end) return false
    copyBack(back, length, out)
    out += length
  }
  return out == limit
}

/** A copy may overlap its own output, which then repeats. */
// @ts-ignore: decorator
@inline
function copyBack(back: usize, length: usize, out: usize): void {
  const end = out + length
  if (back >= 16) for (; out < end; out += 16) v128.store(out, v128.load(out - back))
  else if (back >= 8) for (; out < end; out += 8) store<u64>(out, load<u64>(out - back))
  else for (; out < end; out++) store<u8>(out, load<u8>(out - back))
}
