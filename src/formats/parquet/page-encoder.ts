/**
 * Encodes leaves as pages, independently of the file they go into. A page is not compressed if that does not pay off,
 * which is tested on its first bytes: softmax results have no repetitions.
 */
import { asPiece } from '../../io/column-pool.js'
import { encodePlain } from './plain.js'
import { encodeRun, encodeRuns } from './run-writer.js'
import { widthOf } from './runs.js'
import type { ShreddedLeaf } from './shred.js'
import { compressedSize, encodeSnappy } from './snappy.js'
import { type PhysicalType, sizeOf, stepOf, type Values } from './values.js'

/** The properties of a leaf that its pages depend on. */
export interface LeafSpec {
  type: PhysicalType
  maxDefinition: number
  maxRepetition: number
  /** Whether its dictionary belongs to its type, so that the order of the values matters, and those that do not occur. */
  isDictionary: boolean
}

/** A version 2 data page without its header. */
export interface EncodedPage {
  rows: number
  /** The number of values including nulls and empty lists, and of nulls. */
  count: number
  nulls: number
  encoding: 'PLAIN' | 'RLE_DICTIONARY'
  repetition: Uint8Array
  definition: Uint8Array
  body: Uint8Array
  isCompressed: boolean
  /** The uncompressed size of `body`. */
  bodySize: number
}

/** The usual size of a page's values, in bytes. */
const PAGE = 1 << 20
const SAMPLE = 1 << 13
const FEW = 1 << 11
const NONE = new Uint8Array()

/** Encodes a leaf without dictionary. Tests whether compression pays off, unless that is known. */
export function encodePages(leaf: ShreddedLeaf, spec: LeafSpec, isCompressed?: boolean): EncodedPage[] {
  const parts = splitLeaf(leaf, spec)
  return parts.map((part) => {
    const plain = encodePlain(spec.type, part.values)
    const bytes = parts.length === 1 ? asPiece(plain) : plain
    return encodePage(part, spec, 'PLAIN', bytes, isCompressed ?? pays(bytes))
  })
}

/** Encodes a leaf of indices into a dictionary of `size` values. */
export function encodeIndices(leaf: ShreddedLeaf & { indices: Int32Array }, spec: LeafSpec, size: number): EncodedPage {
  const width = widthOf(Math.max(1, size - 1))
  const runs = encodeRuns(leaf.indices, width)
  const body = new Uint8Array(1 + runs.length)
  body[0] = width
  body.set(runs, 1)
  return encodePage(leaf, spec, 'RLE_DICTIONARY', body, pays(body))
}

function encodePage(
  { rows, count, definition, repetition, values, indices }: ShreddedLeaf,
  { maxDefinition, maxRepetition }: LeafSpec,
  encoding: EncodedPage['encoding'],
  bytes: Uint8Array,
  isCompressed: boolean,
): EncodedPage {
  return {
    rows,
    count,
    nulls: count - (indices ?? values).length,
    encoding,
    repetition: encodeLevels(repetition, count, maxRepetition, 0),
    definition: encodeLevels(definition, count, maxDefinition, maxDefinition),
    body: isCompressed ? encodeSnappy(bytes) : bytes,
    isCompressed,
    bodySize: bytes.length,
  }
}

/**
 * Whether snappy shrinks the first bytes noticeably. If it does not shrink the first few at all, that is enough: testing
 * 8 KiB of each page took 4 % of the time of a run.
 */
export function pays(bytes: Uint8Array): boolean {
  const [few, sample] = [bytes.subarray(0, FEW), bytes.subarray(0, SAMPLE)]
  return compressedSize(few) < few.length && compressedSize(sample) < 0.9 * sample.length
}

function encodeLevels(levels: Uint8Array | undefined, count: number, most: number, usual: number): Uint8Array {
  if (most === 0) return NONE
  return levels ? encodeRuns(levels, widthOf(most)) : encodeRun(usual, count, widthOf(most))
}

/** Splits a leaf into pages of complete rows. */
function splitLeaf(leaf: ShreddedLeaf, { type, maxDefinition }: LeafSpec): ShreddedLeaf[] {
  const pages = Math.ceil(plainSize(leaf.values, type) / PAGE)
  if (pages <= 1) return [leaf]
  const step = Math.max(1, Math.ceil(leaf.rows / pages))
  const parts: ShreddedLeaf[] = []
  for (let row = 0, at = 0, value = 0; row < leaf.rows; row += step) {
    const rows = Math.min(step, leaf.rows - row)
    const end = endOf(leaf, at, rows)
    const next = value + countDefined(leaf, at, end, maxDefinition)
    parts.push({
      rows,
      count: end - at,
      definition: leaf.definition?.subarray(at, end),
      repetition: leaf.repetition?.subarray(at, end),
      values: sliceValues(leaf.values, type, value, next),
      indices: undefined,
    })
    at = end
    value = next
  }
  return parts
}

/** The size of values in a PLAIN page. */
export function plainSize({ length, offsets }: Values, type: PhysicalType): number {
  return offsets ? offsets[length]! - offsets[0]! + 4 * length : length * sizeOf(type)
}

/** Where the next `rows` rows end. */
function endOf({ repetition, count }: ShreddedLeaf, at: number, rows: number): number {
  if (!repetition) return at + rows
  let end = at + 1
  for (let left = rows; end < count; end++) if (repetition[end] === 0 && --left === 0) break
  return end
}

function countDefined({ definition }: ShreddedLeaf, start: number, end: number, most: number): number {
  if (!definition) return end - start
  let count = 0
  for (let at = start; at < end; at++) if (definition[at] === most) count++
  return count
}

function sliceValues({ data, offsets }: Values, type: PhysicalType, start: number, end: number): Values {
  if (offsets) return { length: end - start, data, offsets: offsets.subarray(start, end + 1) }
  const step = stepOf(type)
  return { length: end - start, data: data.subarray(start * step, end * step) }
}
