/** The encodings of values in a page, by their numbers in the specification. */
import { corrupt } from './damage.js'
import { deltaBytesReader, deltaLengthReader, deltaReader } from './delta.js'
import { plainReader, splitStreamReader } from './plain.js'
import { RunReader } from './runs.js'
import { gatherValues, newArray, type PhysicalType, type ValueReader, type Values } from './values.js'

/** Reads indices into a dictionary. */
export interface IndexReader {
  dictionary: Values
  takeIndices(count: number): Int32Array
  /** The values themselves. */
  takeValues(count: number): Values
}

/** The values of a page: themselves, or indices into the dictionary of its column. */
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

/** A reader of the values of a page. */
export function valueReader(
  encoding: number,
  type: PhysicalType,
  bytes: Uint8Array,
  dictionary: Values | undefined,
): PageValues {
  if (encoding === PLAIN_DICTIONARY || encoding === RLE_DICTIONARY) return indexReader(type, bytes, dictionary)
  const open = ENCODINGS.get(encoding)
  if (!open) throw corrupt(`a page has values in the encoding ${encoding}, which Parquet does not have`)
  return open(type, bytes)
}

function indexReader(type: PhysicalType, bytes: Uint8Array, dictionary: Values | undefined): IndexReader {
  if (!dictionary) throw corrupt('a page has indices into a dictionary that is not there')
  // A page of nothing but nulls may have no bytes at all.
  const runs = new RunReader(bytes.subarray(1), bytes[0] ?? 0)
  const requireInside = (index: number) => {
    if (index >= dictionary.length) throw corrupt('an index is outside the dictionary of its column')
  }
  const takeIndices = (count: number) => {
    const indices = runs.fill(new Int32Array(count))
    for (let at = 0; at < count; at++) requireInside(indices[at]!)
    return indices
  }
  return {
    dictionary,
    takeIndices,
    takeValues(count) {
      const { data } = dictionary
      const isGathered = data instanceof Float32Array || data instanceof Float64Array || data instanceof Int32Array
      if (!isGathered) return gatherValues(type, dictionary, takeIndices(count))
      const out = newArray(type, count) as typeof data
      if (count > 0) requireInside(runs.gather(data, out))
      return { length: count, data: out }
    },
  }
}

/** Booleans as runs, behind how many bytes these have. */
function runReader({ name }: PhysicalType, bytes: Uint8Array): ValueReader {
  if (name !== 'BOOLEAN') throw corrupt(`a page has runs of ${name}`)
  const runs = new RunReader(bytes.subarray(4), 1)
  return { take: (length) => ({ length, data: runs.fill(new Uint8Array(length)) }) }
}
