/**
 * Pages out of leaves: a function of their rows only, which knows nothing of the file that they go into. A page is not
 * compressed where that does not pay, which is tried with its first bytes: digits of a softmax have nothing that repeats.
 */
import { asPiece } from '../../io/column-pool.js'
import { encodePlain } from './plain.js'
import { encodeRun, encodeRuns } from './run-writer.js'
import { widthOf } from './runs.js'
import type { ShreddedLeaf } from './shred.js'
import { compressedSize, encodeSnappy } from './snappy.js'
import { type PhysicalType, sizeOf, stepOf, type Values } from './values.js'

/** A leaf of a file, as far as its pages depend on it. */
export interface LeafSpec {
  type: PhysicalType
  maxDefinition: number
  maxRepetition: number
}

/** A data page of version 2 without its header. */
export interface EncodedPage {
  rows: number
  /** The number of values, nulls and empty lists included; and of those that are none. */
  count: number
  nulls: number
  encoding: 'PLAIN' | 'RLE_DICTIONARY'
  repetition: Uint8Array
  definition: Uint8Array
  body: Uint8Array
  isCompressed: boolean
  /** The bytes of `body` without compression. */
  bodySize: number
}

/** How many bytes of values make a page, as a rule. */
const PAGE = 1 << 20
const SAMPLE = 1 << 13
const NONE = new Uint8Array()

/** Encodes a leaf whose values are not in a dictionary. Whether compression pays is tried where it is not known. */
export function encodePages(leaf: ShreddedLeaf, spec: LeafSpec, isCompressed?: boolean): EncodedPage[] {
  const parts = splitLeaf(leaf, spec)
  return parts.map((part) => {
    const plain = encodePlain(spec.type, part.values)
    const bytes = parts.length === 1 ? asPiece(plain) : plain
    return encodePage(part, spec, 'PLAIN', bytes, isCompressed ?? pays(bytes))
  })
}

/** Encodes a leaf whose values are indices into a dictionary of so many values. */
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

/** Whether snappy makes the first of some bytes noticeably fewer. */
export function pays(bytes: Uint8Array): boolean {
  const sample = bytes.subarray(0, SAMPLE)
  return compressedSize(sample) < 0.9 * sample.length
}

function encodeLevels(levels: Uint8Array | undefined, count: number, most: number, usual: number): Uint8Array {
  if (most === 0) return NONE
  return levels ? encodeRuns(levels, widthOf(most)) : encodeRun(usual, count, widthOf(most))
}

/** Parts of a leaf that are pages, each of whole rows. */
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

/** The bytes of values in a page. */
export function plainSize({ length, offsets }: Values, type: PhysicalType): number {
  return offsets ? offsets[length]! - offsets[0]! + 4 * length : length * sizeOf(type)
}

/** Where so many rows from a place on end. */
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
