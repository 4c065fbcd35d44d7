/**
 * Writes snappy, the usual compression of Parquet: a length, then literals and copies of earlier bytes
 * (https://github.com/google/snappy/blob/main/format_description.txt). Blocks are independent, and compressed by the
 * kernel.
 */
import { acquireJoined } from '../../io/buffer-pool.js'
import { compressBlock } from '../../kernel/host/bytes.js'

/** The reach of a copy, and so the block size. */
const BLOCK = 1 << 16

/** Compresses bytes into pooled memory, which may be released. */
export function encodeSnappy(bytes: Uint8Array): Uint8Array {
  const pieces = [varint(bytes.length)]
  for (let start = 0; start < bytes.length; start += BLOCK) {
    const block = compressBlock(bytes.subarray(start, start + BLOCK))
    // A compressed block is valid in kernel memory only until the next one.
    pieces.push(bytes.length <= BLOCK ? block : block.slice())
  }
  return acquireJoined(pieces)
}

/** The compressed size of a block of at most {@link BLOCK} bytes. */
export function compressedSize(block: Uint8Array): number {
  return varint(block.length).length + compressBlock(block).length
}

function varint(number: number): Uint8Array {
  const bytes: number[] = []
  for (; number >= 128; number = Math.floor(number / 128)) bytes.push((number & 127) | 128)
  return Uint8Array.of(...bytes, number)
}
