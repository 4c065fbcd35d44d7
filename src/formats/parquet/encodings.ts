/** The encodings of page values, by their number in the specification. */
import { corrupt } from './corrupt.js'
import { deltaBytesReader, deltaLengthReader, deltaReader } from './delta.js'
import { plainReader, splitStreamReader } from './plain.js'
import { RunReader } from './runs.js'
import {
  lookUpValues,
  newArray,
  type PhysicalType,
  type Room,
  type ValueArray,
  type ValueReader,
  type Values,
} from './values.js'

/** Reads indices into a dictionary. */
interface IndexReader {
  dictionary: Values
  takeIndices(count: number): Int32Array
  /** The dictionary values at the next indices, written to `into` if given. */
  takeValues(count: number, into?: ValueArray): Values
}

/** The values of a page: plain, or indices into the dictionary of its column. */
export type PageValues = ValueReader | IndexReader

type Encoding = (type: PhysicalType, bytes: Uint8Array) => ValueReader

const ENCODINGS = new Map<number, Encoding>([
  [0, plainReader],
  [3, runReader],
  [5, deltaReader],
  [6, (type, bytes) => deltaLengthReader(type, bytes)],
  [7, deltaBytesReader],
  [9, splitStreamReader],
])
const PLAIN_DICTIONARY = 2
const RLE_DICTIONARY = 8

/**
 * Creates the reader of a page's values; values that are not a view of the page are decoded into memory from `room`.
 */
export function valueReader(
  encoding: number,
  type: PhysicalType,
  bytes: Uint8Array,
  dictionary: Values | undefined,
  room: Room,
): PageValues {
  if (encoding === PLAIN_DICTIONARY || encoding === RLE_DICTIONARY) return indexReader(type, bytes, dictionary, room)
  const open = ENCODINGS.get(encoding)
  if (!open) throw corrupt(`a page has the encoding ${encoding}, which is not one of Parquet's`)
  return open(type, bytes)
}

function indexReader(type: PhysicalType, bytes: Uint8Array, dictionary: Values | undefined, room: Room): IndexReader {
  if (!dictionary) throw corrupt('a page has indices, but its column has no dictionary')
  // A page that contains only nulls may be empty.
  const runs = new RunReader(bytes.subarray(1), bytes[0] ?? 0)
  const takeInto = (indices: Int32Array) => {
    if (!runs.fillBelow(indices, dictionary.length)) throw corrupt('an index is outside the dictionary of its column')
    return indices
  }
  return {
    dictionary,
    takeIndices: (count) => takeInto(new Int32Array(count)),
    takeValues: (count, into) =>
      lookUpValues(type, dictionary, takeInto(scratch(count)), (length) => into ?? newArray(type, length, room)),
  }
}

let memory = new Int32Array()

/** Scratch memory for indices, valid until the next call. */
function scratch(count: number): Int32Array {
  if (memory.length < count) memory = new Int32Array(count)
  return memory.subarray(0, count)
}

/** Booleans as runs, preceded by their size in bytes. */
function runReader({ name }: PhysicalType, bytes: Uint8Array): ValueReader {
  if (name !== 'BOOLEAN') throw corrupt(`a page has runs of ${name}`)
  const runs = new RunReader(bytes.subarray(4), 1)
  return { take: (length) => ({ length, data: runs.fill(new Uint8Array(length)) }) }
}
