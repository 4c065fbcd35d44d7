/**
 * The frame format of LZ4, which Arrow's files are compressed with as a rule: only to read it, and without its check
 * sums. A block's matches may reach into the blocks before it, so all go into one buffer.
 */

const MAGIC = 0x184d2204
const MOST = 1 << 30

/** What a frame holds. Throws where it is damaged. */
export function decodeLz4(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (view.getUint32(0, true) !== MAGIC) throw new Error('not a frame of LZ4')
  const flags = view.getUint8(4)
  const [hasBlockSum, hasSize, hasDictionary] = [flags & 16, flags & 8, flags & 1]
  let at = 7 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0)
  const out = new Output(hasSize ? Number(view.getBigUint64(6, true)) : 4 * frame.length)
  for (let word = view.getUint32(at, true); word !== 0; word = view.getUint32(at, true)) {
    const size = word & 0x7fffffff
    const block = frame.subarray(at + 4, at + 4 + size)
    if (block.length < size) throw new Error('a frame of LZ4 is cut short')
    if (word >>> 31) out.append(block)
    else decodeBlock(block, out)
    at += 4 + size + (hasBlockSum ? 4 : 0)
  }
  return out.bytes
}

/** Sequences of literals and a match: a token with both lengths, the literals, and how far back the match begins. */
function decodeBlock(block: Uint8Array, out: Output): void {
  let at = 0
  const length = (nibble: number) => {
    let sum = nibble
    if (nibble === 15) for (let byte = 255; byte === 255; sum += byte) byte = block[at++] ?? 0
    return sum
  }
  while (at < block.length) {
    const token = block[at++]!
    const literals = length(token >> 4)
    if (at + literals > block.length) throw new Error('a block of LZ4 is damaged')
    out.append(block.subarray(at, at + literals))
    at += literals
    if (at >= block.length) return
    const back = block[at]! | (block[at + 1]! << 8)
    at += 2
    out.repeat(back, length(token & 15) + 4)
  }
}

/** Bytes that grow at their end. */
class Output {
  #room: Uint8Array
  #length = 0

  constructor(size: number) {
    if (size > MOST) throw new Error('a frame of LZ4 is too large')
    this.#room = new Uint8Array(Math.max(size, 64))
  }

  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.#length)
  }

  append(more: Uint8Array): void {
    this.#reserve(more.length)
    this.#room.set(more, this.#length)
    this.#length += more.length
  }

  /** Repeats what stands `back` bytes before the end; it may run into what it makes. */
  repeat(back: number, length: number): void {
    if (back === 0 || back > this.#length) throw new Error('a block of LZ4 is damaged')
    this.#reserve(length)
    for (let left = length; left > 0; ) {
      const step = Math.min(left, back)
      this.#room.copyWithin(this.#length, this.#length - back, this.#length - back + step)
      this.#length += step
      left -= step
    }
  }

  #reserve(more: number): void {
    const size = this.#length + more
    if (size <= this.#room.length) return
    if (size > MOST) throw new Error('a frame of LZ4 is too large')
    const room = new Uint8Array(Math.max(size, 2 * this.#room.length))
    room.set(this.#room)
    this.#room = room
  }
}
