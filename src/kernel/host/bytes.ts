/** Bytes and bits that the kernel packs: see `assembly/snappy.ts`. */
import { growMemory, ownKernel } from './wasm.js'

/** What the kernel reads and writes behind the ends, and how much longer a compressed block may become. */
const PADDING = 64
const GROWTH = 7 / 6

/** Compresses up to 64 KiB as snappy does: the bytes are good until the kernel's next use. */
export function compressBlock(bytes: Uint8Array): Uint8Array {
  const { from, to } = place(bytes, bytes.length * GROWTH + PADDING)
  const end = ownKernel().compressBlock(from, from + bytes.length, to)
  return new Uint8Array(ownKernel().memory.buffer, to, end - to)
}

/** Undoes the same of bytes behind their length; false where they are not as many as `out` has room for. */
export function uncompress(bytes: Uint8Array, out: Uint8Array): boolean {
  const { from, to } = place(bytes, out.length + PADDING)
  if (!ownKernel().uncompress(from, from + bytes.length, to, to + out.length)) return false
  out.set(new Uint8Array(ownKernel().memory.buffer, to, out.length))
  return true
}

/** Bytes that are 0 or 1 as bits, the first in the lowest. */
export function packLevels(levels: Uint8Array): Uint8Array {
  const { from, to } = place(levels, (levels.length >> 3) + PADDING)
  ownKernel().packLevels(from, levels.length, to)
  const bits = new Uint8Array(ownKernel().memory.buffer, to, (levels.length + 7) >> 3).slice()
  const odd = levels.length & 7
  if (odd > 0) bits[bits.length - 1]! &= (1 << odd) - 1
  return bits
}

/** Puts bytes into the kernel's memory, with so much room behind them. */
function place(bytes: Uint8Array, room: number): { from: number; to: number } {
  const from = Math.ceil(ownKernel().heapBase() / 16) * 16
  const to = Math.ceil((from + bytes.length + PADDING) / 16) * 16
  growMemory(ownKernel(), to + room)
  new Uint8Array(ownKernel().memory.buffer, from, bytes.length).set(bytes)
  return { from, to }
}
