/** Numbers of a few bits in the RLE/bit-packing hybrid of Parquet (https://parquet.apache.org/docs/file-format/data-pages/encodings/). */

/** A run shorter than this is packed with its neighbours. */
const LEAST_RUN: i32 = 16

/** Writes `count` numbers (u32) of `width` bits to `out`, and returns where they end. */
export function writeRuns(numbers: usize, count: i32, width: u32, out: usize): usize {
  let packed: i32 = 0
  for (let start: i32 = 0, end: i32 = 0; start < count; start = end) {
    const number = numberAt(numbers, start)
    while (end < count && numberAt(numbers, end) == number) end++
    // Packed numbers are eights: a run gives up its first for the group before it.
    const begin = packed + ((start - packed + 7) & ~7)
    if (end - begin < LEAST_RUN) continue
    out = writePacked(numbers, packed, begin, width, out)
    out = writeRun(number, end - begin, width, out)
    packed = end
  }
  return writePacked(numbers, packed, count, width, out)
}

// @ts-ignore: decorator
@inline
function numberAt(numbers: usize, index: i32): u32 {
  return load<u32>(numbers + (<usize>index << 2))
}

function writeRun(number: u32, count: i32, width: u32, out: usize): usize {
  out = writeVarint(<u32>count << 1, out)
  store<u32>(out, number)
  return out + <usize>((width + 7) >> 3)
}

/** The numbers from `start` to `end`; the last group is filled up with zeros. */
function writePacked(numbers: usize, start: i32, end: i32, width: u32, out: usize): usize {
  if (start == end) return out
  const groups = <u32>(end - start + 7) >> 3
  out = writeVarint((groups << 1) | 1, out)
  const last = out + <usize>(groups * width)
  let word: u64 = 0
  let bits: u64 = 0
  for (let at = start; at < end; at++) {
    word |= <u64>numberAt(numbers, at) << bits
    bits += width
    if (bits < 32) continue
    store<u32>(out, <u32>word)
    out += 4
    word >>= 32
    bits -= 32
  }
  for (; out < last; out += 4, word >>= 32) store<u32>(out, <u32>word)
  return last
}

function writeVarint(number: u32, out: usize): usize {
  for (; number >= 128; number >>= 7) store<u8>(out++, <u8>(number | 128))
  store<u8>(out++, <u8>number)
  return out
}
