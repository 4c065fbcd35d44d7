/**
 * Numbers of a few bits in Parquet's RLE/bit-packing hybrid encoding
 * (https://parquet.apache.org/docs/file-format/data-pages/encodings/).
 */

import { RUN_TRUNCATED, RUN_TRUNCATED_REPEATED, RUN_EMPTY, RUN_TOO_LARGE } from '../constants'

/** A shorter run is packed with its neighbours. */
const LEAST_RUN: i32 = 16

/** Encodes `count` numbers (u32) of `width` bits to `out`; returns the end. */
export function writeRuns(numbers: usize, count: i32, width: u32, out: usize): usize {
  let packed: i32 = 0
  for (let start: i32 = 0, end: i32 = 0; start < count; start = end) {
    const number = numberAt(numbers, start)
    while (end < count && numberAt(numbers, end) == number) end++
    // Packed numbers come in groups of eight: a run gives up its first numbers to complete the group before it.
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

/** Packs the numbers from `start` to `end`; the last group is padded with zeros. */
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

/** The state of a run reader, part of whose bytes are in memory: positions refer to all of its bytes. */
@unmanaged
export class RunState {
  /** The start of the next run. */
  at: u32
  /** How many numbers of the current run are left: packed ones, or repetitions of one. */
  left: u32
  isPacked: u32
  value: u32
  /** The position of the next packed number: a byte, and a bit in it. */
  byte: u32
  bit: u32
  /** The largest number so far. */
  most: u32
  /** One of RUN_... in `constants.ts`: the kind of corruption. */
  error: u32
}

/** The maximum size of a run's header and value, in bytes. */
const MOST_HEADER: u32 = 9

/**
 * Decodes up to `count` numbers of `width` bits to `out`, in `size` bytes each, 1 or 4. Stops early if a run is
 * corrupt, or at the end of the bytes in memory: those up to `end` of `total`, relative to `bytes`, where byte 0 would
 * be. Returns how many it decoded; with a count of 0, it only begins a run if there is no current one. Reads up to 8
 * bytes past the end.
 */
export function readRuns(
  bytes: usize,
  end: u32,
  total: u32,
  width: u32,
  out: usize,
  count: u32,
  size: u32,
  state: RunState,
): u32 {
  let done: u32 = 0
  do {
    if (!state.left) {
      if (end < total && end - state.at < MOST_HEADER) return done
      beginRun(bytes, total, width, state)
      if (state.error) return done
    }
    let some = min(state.left, count - done)
    if (state.isPacked) some = unpack(bytes, end, width, out, some, size, state)
    else repeat(state.value, out, some, size, state)
    if (!some) return done
    state.left -= some
    out += <usize>(some * size)
    done += some
  } while (done < count)
  return done
}

function beginRun(bytes: usize, total: u32, width: u32, state: RunState): void {
  let header: u32 = 0
  for (let shift: u32 = 0; ; shift += 7) {
    if (shift > 28 || state.at >= total) return fail(RUN_TRUNCATED, state)
    const byte = <u32>load<u8>(bytes + <usize>state.at)
    state.at++
    header |= (byte & 127) << shift
    if (byte < 128) break
  }
  state.isPacked = header & 1
  state.left = header >> 1
  if (state.isPacked) beginPacked(total, width, state)
  else beginRepeated(bytes, total, width, state)
  if (!state.left && !state.error) fail(RUN_EMPTY, state)
}

/** The last group may be truncated if fewer than eight numbers are left. */
function beginPacked(total: u32, width: u32, state: RunState): void {
  const bits = <u64>(total - state.at) << 3
  let count = <u64>state.left << 3
  if (count * width > bits) count = bits / width
  state.left = <u32>min<u64>(count, 0xffffffff)
  state.byte = state.at
  state.bit = 0
  state.at += <u32>((count * width + 7) >> 3)
}

function beginRepeated(bytes: usize, total: u32, width: u32, state: RunState): void {
  const size = (width + 7) >> 3
  if (state.at + size > total) return fail(RUN_TRUNCATED_REPEATED, state)
  const value = load<u64>(bytes + <usize>state.at) & (((<u64>1) << (size << 3)) - 1)
  if (value >> width) return fail(RUN_TOO_LARGE, state)
  state.value = <u32>value
  state.at += size
}

function fail(error: u32, state: RunState): void {
  state.error = error
}

function repeat(value: u32, out: usize, count: u32, size: u32, state: RunState): void {
  if (count) state.most = max(state.most, value)
  if (size == 1) memory.fill(out, <u8>value, count)
  else for (const end = out + (<usize>count << 2); out < end; out += 4) store<u32>(out, value)
}

/** Unpacks all numbers that are completely in memory; returns how many. */
function unpack(bytes: usize, end: u32, width: u32, out: usize, count: u32, size: u32, state: RunState): u32 {
  const bits = (<u64>(end - state.byte) << 3) - state.bit
  if (<u64>count * width > bits) count = <u32>(bits / width)
  const mask: u64 = (<u64>1 << width) - 1
  const at = bytes + <usize>state.byte
  let bit = state.bit
  let most = state.most
  for (let left = count; left > 0; left--, bit += width, out += <usize>size) {
    const number = <u32>((load<u64>(at + <usize>(bit >> 3)) >> (bit & 7)) & mask)
    most = max(most, number)
    if (size == 1) store<u8>(out, <u8>number)
    else store<u32>(out, number)
  }
  state.most = most
  state.byte += bit >> 3
  state.bit = bit & 7
  return count
}
