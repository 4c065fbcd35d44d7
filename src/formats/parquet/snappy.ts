/**
 * Writes snappy, which Parquet is compressed with as a rule: a length, then literals and copies of what stands before
 * (https://github.com/google/snappy/blob/main/format_description.txt). Blocks know nothing of each other, and are the kernel's.
 */
import { compressBlock } from '../../kernel/host/bytes.js'

/** How far back a copy reaches, which is how much is looked at together. */
const BLOCK = 1 << 16

/** Some bytes in fewer, where there is something in them that repeats. */
export function encodeSnappy(bytes: Uint8Array): Uint8Array {
  const pieces = [varint(bytes.length)]
  for (let start = 0; start < bytes.length; start += BLOCK) {
    const block = compressBlock(bytes.subarray(start, start + BLOCK))
    // A block is in the kernel's memory until the next one is.
    pieces.push(bytes.length <= BLOCK ? block : block.slice())
  }
  return Buffer.concat(pieces)
}

/** How many bytes a block of at most {@link BLOCK} bytes would have. */
export function compressedSize(block: Uint8Array): number {
  return varint(block.length).length + compressBlock(block).length
}

function varint(number: number): Uint8Array {
  const bytes: number[] = []
  for (; number >= 128; number = Math.floor(number / 128)) bytes.push((number & 127) | 128)
  return Uint8Array.of(...bytes, number)
}
