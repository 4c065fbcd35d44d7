/** Writes Parquet's RLE/bit-packing hybrid encoding: see `runs.ts`. */
import { packLevels } from '../../kernel/host/bytes.js'
import { packRuns } from '../../kernel/host/runs.js'
import type { RunArray } from './runs.js'

/** A run of one number. */
export function encodeRun(value: number, count: number, width: number): Uint8Array {
  const out = new RunWriter(width, 8)
  out.run(value, count)
  return out.taken()
}

/** A shorter run of bits is packed with its neighbours. */
const LEAST_RUN = 16

/** Encodes numbers as runs. */
export function encodeRuns(numbers: RunArray, width: number): Uint8Array {
  if (width === 1 && numbers instanceof Uint8Array) return encodeBits(packLevels(numbers), numbers.length)
  return packRuns(numbers instanceof Int32Array ? numbers : new Int32Array(numbers), width)
}

/** The same for bits. Consecutive bytes of all zeros or all ones become a run. */
function encodeBits(bits: Uint8Array, count: number): Uint8Array {
  const out = new RunWriter(1, count)
  const fullBytes = count >> 3
  let packed = 0
  for (let start = 0, end = 0; start < fullBytes; start = end) {
    const byte = bits[start]!
    end = start + 1
    if (byte !== 0 && byte !== 0xff) continue
    while (end < fullBytes && bits[end] === byte) end++
    if (8 * (end - start) < LEAST_RUN) continue
    out.bits(bits.subarray(packed, start))
    out.run(byte & 1, 8 * (end - start))
    packed = end
  }
  out.bits(bits.subarray(packed))
  return out.taken()
}

/** Writes runs. */
class RunWriter {
  readonly #width: number
  #bytes: Uint8Array
  #at = 0

  constructor(width: number, count: number) {
    this.#width = width
    // Room for everything bit-packed, plus the header of the first group.
    this.#bytes = new Uint8Array(16 + Math.ceil(count / 8) * width)
  }

  run(value: number, count: number): void {
    this.#reserve(10)
    this.#varint(count * 2)
    for (let bits = 0; bits < this.#width; bits += 8) this.#bytes[this.#at++] = value >>> bits
  }

  /** Bit-packs one-bit numbers. */
  bits(bits: Uint8Array): void {
    if (bits.length === 0) return
    this.#reserve(bits.length + 10)
    this.#varint(bits.length * 2 + 1)
    this.#bytes.set(bits, this.#at)
    this.#at += bits.length
  }

  #varint(number: number): void {
    for (; number >= 128; number = Math.floor(number / 128)) this.#bytes[this.#at++] = (number & 127) | 128
    this.#bytes[this.#at++] = number
  }

  #reserve(more: number): void {
    if (this.#at + more <= this.#bytes.length) return
    const grown = new Uint8Array(2 * this.#bytes.length + more)
    grown.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = grown
  }

  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }
}
