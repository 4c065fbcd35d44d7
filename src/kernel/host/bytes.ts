/** Bytes and bits packed by the kernel: see `assembly/snappy.ts`. */
import { growMemory, ownKernel } from './wasm.js'

/** How far the kernel reads and writes past the ends, and by how much a compressed block may grow. */
const PADDING = 64
const GROWTH = 7 / 6

/** Compresses up to 64 KiB with snappy; the result is valid until the kernel is used again. */
export function compressBlock(bytes: Uint8Array): Uint8Array {
  const { from, to } = allocate(bytes, bytes.length * GROWTH + PADDING)
  const end = ownKernel().compressBlock(from, from + bytes.length, to)
  return new Uint8Array(ownKernel().memory.buffer, to, end - to)
}

/** Decompresses bytes after their length prefix; false if they do not fill `out` exactly. */
export function uncompress(bytes: Uint8Array, out: Uint8Array): boolean {
  const { from, to } = allocate(bytes, out.length + PADDING)
  if (!ownKernel().uncompress(from, from + bytes.length, to, to + out.length)) return false
  out.set(new Uint8Array(ownKernel().memory.buffer, to, out.length))
  return true
}

/** Packs bytes that are 0 or 1 into bits, least significant first. */
export function packLevels(levels: Uint8Array): Uint8Array {
  const { from, to } = allocate(levels, (levels.length >> 3) + PADDING)
  ownKernel().packLevels(from, levels.length, to)
  const bits = new Uint8Array(ownKernel().memory.buffer, to, (levels.length + 7) >> 3).slice()
  const odd = levels.length & 7
  if (odd > 0) bits[bits.length - 1]! &= (1 << odd) - 1
  return bits
}

/** Copies bytes into kernel memory, with `room` bytes reserved after them. */
function allocate(bytes: Uint8Array, room: number): { from: number; to: number } {
  const from = Math.ceil(ownKernel().heapBase() / 16) * 16
  const to = Math.ceil((from + bytes.length + PADDING) / 16) * 16
  growMemory(ownKernel(), to + room)
  new Uint8Array(ownKernel().memory.buffer, from, bytes.length).set(bytes)
  return { from, to }
}
