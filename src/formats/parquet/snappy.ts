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
    pieces.push(compressBlock(bytes.subarray(start, start + BLOCK)).slice())
  }
  return Buffer.concat(pieces)
}

function varint(number: number): Uint8Array {
  const bytes: number[] = []
  for (; number >= 128; number = Math.floor(number / 128)) bytes.push((number & 127) | 128)
  return Uint8Array.of(...bytes, number)
}
