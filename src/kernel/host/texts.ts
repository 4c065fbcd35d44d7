/** Strings in Arrow's memory layout, processed by the kernel in batches: see `assembly/texts.ts`. */
import { growMemory, ownKernel } from './wasm.js'

/** The maximum number of strings and of bytes per batch; a longer string is processed without the kernel. */
const MOST_TEXTS = 1 << 12
const MOST_BYTES = 1 << 20
/** How far the kernel reads and writes past the ends. */
const PADDING = 64

/** The minimum and maximum of one or more strings, by bytewise order, as views of the given bytes. */
export function rangeOfTexts(bytes: Uint8Array, offsets: Int32Array): { min: Uint8Array; max: Uint8Array } {
  const textAt = (at: number) => bytes.subarray(offsets[at], offsets[at + 1])
  let [min, max] = [textAt(0), textAt(0)]
  for (const { start, count } of parts(offsets)) {
    for (const position of count > 1 ? extremes(bytes, offsets, start, count) : [0]) {
      const text = textAt(start + position)
      if (Buffer.compare(text, min) < 0) min = text
      if (Buffer.compare(text, max) > 0) max = text
    }
  }
  return { min, max }
}

/** The strings, each after its length (u32). */
export function withLengths(bytes: Uint8Array, offsets: Int32Array): Uint8Array {
  const [first, last] = [offsets[0]!, offsets.at(-1)!]
  const out = new Uint8Array(last - first + 4 * (offsets.length - 1))
  for (const { start, count } of parts(offsets)) {
    const at = offsets[start]! - first + 4 * start
    if (count > 1) out.set(prefixed(bytes, offsets, start, count), at)
    else {
      const text = bytes.subarray(offsets[start], offsets[start + 1])
      new DataView(out.buffer).setUint32(at, text.length, true)
      out.set(text, at + 4)
    }
  }
  return out
}

/** Counts the distinct strings among at most 2048; undefined if they are too large for the kernel. */
export function countDistinct(bytes: Uint8Array, offsets: Int32Array): number | undefined {
  if (offsets.at(-1)! - offsets[0]! > MOST_BYTES) return undefined
  const { texts, table } = allocate(bytes, offsets)
  return ownKernel().countDistinct(texts, table, offsets.length - 1)
}

/** The strings at some positions, concatenated. */
export function textsAt(
  bytes: Uint8Array,
  offsets: Int32Array,
  positions: Int32Array,
): { bytes: Uint8Array; offsets: Int32Array } {
  const ends = new Int32Array(positions.length + 1)
  const pieces: Uint8Array[] = []
  const step = Math.max(1, Math.min(MOST_TEXTS, Math.floor(MOST_BYTES / longest(offsets))))
  for (let start = 0, size = 0; start < positions.length; start += step) {
    const part = positions.subarray(start, start + step)
    const piece = textsOf(bytes, offsets, part, ends.subarray(start + 1, start + 1 + part.length), size)
    pieces.push(piece)
    size += piece.length
  }
  return { bytes: joined(pieces), offsets: ends }
}

function longest(offsets: Int32Array): number {
  let most = 1
  for (let at = 1; at < offsets.length; at++) most = Math.max(most, offsets[at]! - offsets[at - 1]!)
  return most
}

/** Some strings, the first beginning at `first`; their end offsets are written to `ends`. */
function textsOf(bytes: Uint8Array, offsets: Int32Array, positions: Int32Array, ends: Int32Array, first: number) {
  const { texts, table, out: at } = allocate(bytes, offsets)
  const { length } = positions
  const to = at + 4 * length
  const out = to + 4 * length + PADDING
  growMemory(ownKernel(), out + length * longest(offsets) + PADDING)
  const { buffer } = ownKernel().memory
  new Int32Array(buffer, at, length).set(positions)
  const end = ownKernel().packTexts(texts, table, at, length, out, to, first)
  ends.set(new Int32Array(buffer, to, length))
  return new Uint8Array(buffer, out, end - out).slice()
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Splits strings into batches for the kernel. */
function* parts(offsets: Int32Array): Generator<{ start: number; count: number }> {
  const all = offsets.length - 1
  for (let start = 0, count = 0; start < all; start += count) {
    count = Math.min(MOST_TEXTS, all - start)
    while (count > 1 && offsets[start + count]! - offsets[start]! > MOST_BYTES) count >>= 1
    yield { start, count }
  }
}

/** The positions of the minimum and maximum. */
function extremes(bytes: Uint8Array, offsets: Int32Array, start: number, count: number): [number, number] {
  const { texts, table, out } = allocate(bytes, offsets.subarray(start, start + count + 1))
  ownKernel().rangeOfTexts(texts, table, count, out)
  const view = new DataView(ownKernel().memory.buffer, out, 16)
  return [view.getUint32(0, true), view.getUint32(8, true)]
}

/** The result is in kernel memory, valid until its next use. */
function prefixed(bytes: Uint8Array, offsets: Int32Array, start: number, count: number): Uint8Array {
  const { texts, table, out } = allocate(bytes, offsets.subarray(start, start + count + 1))
  const end = ownKernel().writeTexts(texts, table, count, out)
  return new Uint8Array(ownKernel().memory.buffer, out, end - out)
}

/** Copies strings and their offsets into kernel memory; `texts` is the address that the offsets are relative to. */
function allocate(bytes: Uint8Array, offsets: Int32Array): { texts: number; table: number; out: number } {
  const first = offsets[0]!
  const size = offsets.at(-1)! - first
  const table = Math.ceil(ownKernel().heapBase() / 16) * 16
  const at = table + offsets.byteLength + PADDING
  const out = Math.ceil((at + size + PADDING) / 16) * 16
  growMemory(ownKernel(), out + size + offsets.byteLength + PADDING)
  new Int32Array(ownKernel().memory.buffer, table, offsets.length).set(offsets)
  new Uint8Array(ownKernel().memory.buffer, at, size).set(bytes.subarray(first, first + size))
  return { texts: at - first, table, out }
}
