/**
 * Reads Parquet's RLE/bit-packing hybrid encoding, used for levels, dictionary indices and booleans: runs of one
 * number, and bit-packed groups of eight, least significant bit first
 * (https://parquet.apache.org/docs/file-format/data-pages/encodings/#run-length-encoding--bit-packing-hybrid-rle--3).
 */
import { RUN_EMPTY, RUN_TOO_LARGE, RUN_TRUNCATED, RUN_TRUNCATED_REPEATED } from '../../kernel/constants.js'
import { RunState, readRuns } from '../../kernel/host/runs.js'
import { corrupt } from './corrupt.js'

/** An array for decoded runs. */
export type RunArray = Uint8Array | Int32Array

/** The maximum bit width of dictionary indices and levels. */
const MOST_WIDTH = 31

const ERRORS = new Map([
  [RUN_TRUNCATED, 'the runs of a page are truncated'],
  [RUN_TRUNCATED_REPEATED, 'a run of a page is truncated'],
  [RUN_EMPTY, 'a run of a page is empty'],
  [RUN_TOO_LARGE, 'a run of a page has a number that is too large'],
])
const NONE = new Uint8Array()

/** Decodes numbers in order, any number at a time; a run costs nothing until it is read. */
export class RunReader {
  readonly #bytes: Uint8Array
  readonly #width: number
  readonly #state = new RunState()

  constructor(bytes: Uint8Array, width: number) {
    if (width > MOST_WIDTH) throw corrupt(`a page has numbers of ${width} bits`)
    this.#bytes = bytes
    this.#width = width
  }

  /** The value of the next `count` numbers if they are in one run; otherwise undefined, and nothing is consumed. */
  constant(count: number): number | undefined {
    const state = this.#state
    if (state.left === 0 && count > 0) this.#read(NONE)
    if (state.isPacked || state.left < count) return undefined
    state.left -= count
    return state.value
  }

  /** Fills an array. */
  fill<T extends RunArray>(out: T): T {
    if (out.length > 0) this.#read(out)
    return out
  }

  /** Fills an array; false if a number is not below `limit`. */
  fillBelow(out: RunArray, limit: number): boolean {
    this.#state.most = 0
    this.fill(out)
    return out.length === 0 || this.#state.most < limit
  }

  #read(out: RunArray): void {
    readRuns(this.#bytes, this.#width, this.#state, out)
    const error = ERRORS.get(this.#state.error)
    if (error) throw corrupt(error)
  }
}

/**
 * Decodes levels in the deprecated BIT_PACKED encoding: from the most significant bit of each byte, without a header.
 */
export function unpackLevels(bytes: Uint8Array, width: number, out: Uint8Array): Uint8Array {
  if (bytes.length * 8 < out.length * width) throw corrupt('the levels of a page are truncated')
  for (let at = 0, bit = 0; at < out.length; at++) {
    let value = 0
    for (let end = bit + width; bit < end; bit++) value = (value << 1) | ((bytes[bit >>> 3]! >> (7 - (bit & 7))) & 1)
    out[at] = value
  }
  return out
}

/** The bit width of numbers up to `most`. */
export function widthOf(most: number): number {
  return 32 - Math.clz32(most)
}
