/**
 * Writes snappy, which Parquet is compressed with as a rule: a length, then literals and copies of what stands before
 * (https://github.com/google/snappy/blob/main/format_description.txt). hyparquet-writer's writes a byte a call, and took a
 * quarter of the time of a file.
 */

import { wordAt } from '../../io/byte-reader.js'

/** The least that a copy makes up for; and how far back one reaches, which is how much is looked at together. */
const LEAST = 4
const BLOCK = 1 << 16
const HASH_BITS = 14

/** Copies some bytes; what is copied may run into where it goes, and repeats then. */
function copy(from: Uint8Array, start: number, to: Uint8Array, at: number, length: number): void {
  if (length > 64 && from !== to) to.set(from.subarray(start, start + length), at)
  else for (let index = 0; index < length; index++) to[at + index] = from[start + index]!
}

/** Where in a block four bytes stood last, by their hash. */
const places = new Uint16Array(1 << HASH_BITS)

/** Some bytes in fewer, where there is something in them that repeats. */
export function encodeSnappy(bytes: Uint8Array): Uint8Array {
  const out = new Output(bytes)
  out.varint(bytes.length)
  for (let start = 0; start < bytes.length; start += BLOCK) {
    encodeBlock(bytes, start, Math.min(start + BLOCK, bytes.length), out)
  }
  return out.taken()
}

/** What does not repeat for long is looked at less and less closely. */
function encodeBlock(bytes: Uint8Array, start: number, end: number, out: Output): void {
  let literal = start
  places.fill(0)
  for (let at = start + 1, missed = 32; at + LEAST <= end; ) {
    const word = wordAt(bytes, at)
    const hash = Math.imul(word, 0x1e35a7bd) >>> (32 - HASH_BITS)
    const before = start + places[hash]!
    places[hash] = at - start
    if (wordAt(bytes, before) !== word) {
      at += missed++ >> 5
      continue
    }
    let length = LEAST
    while (at + length < end && bytes[before + length] === bytes[at + length]) length++
    out.literal(literal, at)
    out.copy(at - before, length)
    at += length
    literal = at
    missed = 32
  }
  out.literal(literal, end)
}

/** Bytes that are made of others, with room for the worst. */
class Output {
  readonly #from: Uint8Array
  readonly #bytes: Uint8Array
  #at = 0

  constructor(from: Uint8Array) {
    this.#from = from
    this.#bytes = new Uint8Array(32 + from.length + Math.ceil(from.length / 6))
  }

  varint(number: number): void {
    for (; number >= 128; number = Math.floor(number / 128)) this.#bytes[this.#at++] = (number & 127) | 128
    this.#bytes[this.#at++] = number
  }

  literal(start: number, end: number): void {
    const more = end - start - 1
    if (more < 0) return
    const extra = more < 60 ? 0 : more < 256 ? 1 : 2
    this.#bytes[this.#at++] = (extra === 0 ? more : 59 + extra) << 2
    if (extra > 0) this.#bytes[this.#at++] = more
    if (extra > 1) this.#bytes[this.#at++] = more >> 8
    copy(this.#from, start, this.#bytes, this.#at, end - start)
    this.#at += end - start
  }

  /** In copies of 64 bytes at most; a short one from near is told shorter. */
  copy(back: number, length: number): void {
    if (length < 12 && back < 2048) {
      this.#bytes[this.#at++] = 1 | ((length - 4) << 2) | ((back >> 8) << 5)
      this.#bytes[this.#at++] = back
      return
    }
    for (let left = length; left > 0; left -= 64) {
      this.#bytes[this.#at++] = 2 | ((Math.min(left, 64) - 1) << 2)
      this.#bytes[this.#at++] = back
      this.#bytes[this.#at++] = back >> 8
    }
  }

  taken(): Uint8Array {
    return this.#bytes.slice(0, this.#at)
  }
}
