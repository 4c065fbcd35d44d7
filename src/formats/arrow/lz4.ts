/**
 * Reads the LZ4 frame format (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md), the usual compression of
 * Arrow files, ignoring its checksums. Matches may refer to earlier blocks, so all blocks are decoded into one array.
 */

const MAGIC = 0x184d2204
const HAS_BLOCK_SUMS = 16
const HAS_SIZE = 8
const HAS_DICTIONARY = 1
/** A byte of a block encodes at most 255 bytes. */
const MOST_RATIO = 255
/** Shorter copies use a loop. */
const SHORT = 24

/** Decodes a frame of `size` uncompressed bytes. Throws if it is corrupt. */
export function decodeLz4(frame: Uint8Array, size: number): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  const has = (bit: number) => (frame[4]! & bit) !== 0
  const start = 7 + (has(HAS_SIZE) ? 8 : 0) + (has(HAS_DICTIONARY) ? 4 : 0)
  if (frame.length < start + 4 || view.getUint32(0, true) !== MAGIC)
    throw new Error('a compressed buffer is not an LZ4 frame')
  if (size > frame.length * MOST_RATIO) throw new Error(`an LZ4 frame is too short for its ${size} bytes`)
  const out = new Uint8Array(size)
  let end = 0
  for (let at = start; ; ) {
    const word = at + 4 > frame.length ? undefined : view.getUint32(at, true)
    if (word === 0) break
    const block = frame.subarray(at + 4, at + 4 + (word! & 0x7fffffff))
    if (word === undefined || block.length < (word & 0x7fffffff)) throw new Error('an LZ4 frame is truncated')
    end = word >>> 31 ? copyBlock(block, out, end) : decodeBlock(block, out, end)
    at += 4 + block.length + (has(HAS_BLOCK_SUMS) ? 4 : 0)
  }
  if (end !== size) throw new Error(`an LZ4 frame has ${end} bytes where ${size} are expected`)
  return out
}

const CORRUPT = 'an LZ4 block is corrupt'

/** Copies an uncompressed block. */
function copyBlock(block: Uint8Array, out: Uint8Array, end: number): number {
  if (end + block.length > out.length) throw new Error(CORRUPT)
  out.set(block, end)
  return end + block.length
}

/** Decodes sequences: a token with both lengths, the literals, and the offset of the match. */
function decodeBlock(block: Uint8Array, out: Uint8Array, start: number): number {
  let at = 0
  let end = start
  while (at < block.length) {
    const token = block[at++]!
    let literals = token >> 4
    if (literals === 15) for (let byte = 255; byte === 255; literals += byte) byte = block[at++] ?? 0
    if (at + literals > block.length || end + literals > out.length) throw new Error(CORRUPT)
    if (literals < SHORT) for (const stop = at + literals; at < stop; ) out[end++] = block[at++]!
    else {
      out.set(block.subarray(at, at + literals), end)
      at += literals
      end += literals
    }
    // The last sequence has no match.
    if (at >= block.length) return end
    const back = block[at]! | (block[at + 1]! << 8)
    at += 2
    let length = (token & 15) + 4
    if (length === 19) for (let byte = 255; byte === 255; length += byte) byte = block[at++] ?? 0
    if (back === 0 || back > end || end + length > out.length) throw new Error(CORRUPT)
    // A match may overlap its own output.
    if (length < SHORT || back < length) for (const stop = end + length; end < stop; end++) out[end] = out[end - back]!
    else {
      out.copyWithin(end, end - back, end - back + length)
      end += length
    }
  }
  return end
}
