/**
 * Collects the pages of a leaf in a row group. Repeating values go into a dictionary until it becomes too large; later
 * values are written plain.
 */
import { countDistinct } from '../../kernel/host/texts.js'
import { fitsInterner, Interner } from './interner.js'
import { joinIndices, joinLevels } from './levels.js'
import { type EncodedPage, encodeIndices, encodePages, type LeafSpec, pays, plainSize } from './page-encoder.js'
import { encodePlain } from './plain.js'
import type { ShreddedLeaf } from './shred.js'
import { encodeSnappy } from './snappy.js'
import { joinRanges, type Order, type Range, rangeOf } from './statistics.js'
import { bytesOf, concatValues, lookUpValues, type PhysicalType, sizeOf, stepOf, type Values } from './values.js'

/** The encoded column chunk, before its position in the file is known. */
export interface EncodedChunk {
  dictionary: { count: number; body: Uint8Array; bodySize: number } | undefined
  pages: EncodedPage[]
  isCompressed: boolean
  range: Range
}

/** Rows with fewer bytes than this are combined into a page. */
export const LEAST_PAGE = 1 << 16
/** How many values are sampled to find out whether they repeat. */
const SAMPLE = 1000

export class ChunkWriter {
  readonly #spec: LeafSpec
  readonly #order: Order
  readonly #dictionary: Interner
  /** Whether to use the dictionary; undefined before there are values. */
  #isRepeating: boolean | undefined
  #pages: EncodedPage[] = []
  #range: Range
  /** Whether compressing plain pages pays off; undefined before there is one. */
  #pays: boolean | undefined
  #pending: ShreddedLeaf[] = []
  #pendingBytes = 0
  /** The last source dictionary, and its mapping to the dictionary being built; only values that occur have one. */
  #source: Values | undefined
  #map = new Int32Array()
  /** The dictionary values that occur, if that may not be all. */
  #used: Set<number> | undefined

  constructor(spec: LeafSpec, order: Order) {
    this.#spec = spec
    this.#order = order
    this.#dictionary = new Interner(spec.type)
    this.#range = rangeOf(order, { length: 0, data: new Uint8Array() }, 0, 0)
  }

  /** Adds rows. */
  add(leaf: ShreddedLeaf): void {
    if (this.#isRepeating === undefined && leaf.values.length > 0) this.#isRepeating = repeats(leaf, this.#spec.type)
    const indices = this.#isRepeating ? this.#intern(leaf) : undefined
    if (!indices) this.#addPlain(leaf)
    else this.#append({ ...leaf, indices }, 4 * indices.length)
  }

  /** Adds pages encoded elsewhere, with their statistics. */
  addPages(pages: readonly EncodedPage[], range: Range): void {
    this.#isRepeating = this.#endDictionary()
    this.#pages.push(...pages)
    this.#range = joinRanges(this.#range, range)
  }

  /** The finished chunk. */
  end(): EncodedChunk {
    this.#flush()
    const dictionary = this.#endChunk()
    const isCompressed = this.#pages.some((page) => page.isCompressed) || (dictionary?.isCompressed ?? false)
    return { dictionary: dictionary?.encode(isCompressed), pages: this.#pages, isCompressed, range: this.#range }
  }

  #endChunk() {
    const { values } = this.#dictionary
    if (values.length === 0) return undefined
    const used = this.#used ? lookUpValues(this.#spec.type, values, Int32Array.from(this.#used)) : values
    this.#addRange(used, 0)
    const bytes = encodePlain(this.#spec.type, values)
    const encode = (isCompressed: boolean) => ({
      count: values.length,
      body: isCompressed ? encodeSnappy(bytes) : bytes,
      bodySize: bytes.length,
    })
    return { isCompressed: pays(bytes), encode }
  }

  /** The dictionary indices of values; undefined if the dictionary is full. */
  #intern({ values, indices }: ShreddedLeaf): Int32Array | undefined {
    const found = indices ? this.#remap(values, indices) : this.#internAll(values)
    if (!found) this.#isRepeating = this.#endDictionary()
    return found
  }

  #internAll(values: Values): Int32Array | undefined {
    const found = this.#dictionary.intern(values)
    if (this.#used && found) for (const index of found) this.#used.add(index)
    return found
  }

  #remap(values: Values, indices: Int32Array): Int32Array | undefined {
    if (this.#source !== values) this.#startSource(values)
    const found = new Int32Array(indices.length)
    for (let at = 0; ; ) {
      at = mapKnown(indices, this.#map, at, found)
      if (at === indices.length) return found
      const index = this.#dictionary.internOne(values, indices[at]!)
      if (index < 0) return undefined
      this.#map[indices[at]!] = index
      this.#used?.add(index)
    }
  }

  /**
   * Begins to map another source dictionary. The first one of a column of that type is taken over completely, so that
   * ordered values keep their order, and those that do not occur stay: pandas reads the categories from it.
   */
  #startSource(values: Values): void {
    this.#source = values
    this.#map = new Int32Array(values.length).fill(-1)
    if (!this.#spec.isDictionary || this.#dictionary.length > 0 || !fitsInterner(values)) return
    this.#dictionary.intern(values)
    this.#used = new Set()
  }

  #endDictionary(): false {
    this.#flush()
    return false
  }

  #addPlain(leaf: ShreddedLeaf): void {
    const { type } = this.#spec
    const plain = withoutIndices(leaf, type)
    this.#addRange(plain.values, 0)
    this.#append(plain, plainSize(plain.values, type))
  }

  #append(leaf: ShreddedLeaf, bytes: number): void {
    this.#range = { ...this.#range, nulls: this.#range.nulls + leaf.count - (leaf.indices ?? leaf.values).length }
    this.#pending.push(leaf)
    this.#pendingBytes += bytes
    if (this.#pendingBytes >= LEAST_PAGE) this.#flush()
  }

  #addRange(values: Values, nulls: number): void {
    this.#range = joinRanges(this.#range, rangeOf(this.#order, values, stepOf(this.#spec.type), nulls))
  }

  #pushPlain(pages: readonly EncodedPage[]): void {
    this.#pays ??= pages[0]?.isCompressed
    this.#pages.push(...pages)
  }

  #flush(): void {
    if (this.#pending.length === 0) return
    const leaf = joinLeaves(this.#pending, this.#spec)
    // Readers expect the dictionary even if it is empty.
    const indices = this.#dictionary.length > 0 ? leaf.indices : undefined
    if (indices) this.#pages.push(encodeIndices({ ...leaf, indices }, this.#spec, this.#dictionary.length))
    else this.#pushPlain(encodePages(withoutIndices(leaf, this.#spec.type), this.#spec, this.#pays))
    this.#pending = []
    this.#pendingBytes = 0
  }
}

/** A leaf with its indices replaced by values. */
function withoutIndices(leaf: ShreddedLeaf, type: PhysicalType): ShreddedLeaf {
  const { indices, values } = leaf
  return indices ? { ...leaf, values: lookUpValues(type, values, indices), indices: undefined } : leaf
}

/** Maps indices until one has no mapping; returns its position. A separate loop, so that V8 compiles it once. */
function mapKnown(numbers: Int32Array, map: Int32Array, start: number, out: Int32Array): number {
  for (let at = start; at < numbers.length; at++) {
    const mapped = map[numbers[at]!]!
    if (mapped < 0) return at
    out[at] = mapped
  }
  return numbers.length
}

/** Whether values probably repeat, so that a dictionary pays off. */
export function repeats({ values, indices }: ShreddedLeaf, type: PhysicalType): boolean {
  if (indices) return true
  if (type.name === 'BOOLEAN' || type.name === 'FLOAT' || type.name === 'DOUBLE') return false
  const length = Math.min(SAMPLE, values.length)
  const size = sizeOf(type)
  const ends = values.offsets ?? Int32Array.from({ length: length + 1 }, (_, at) => at * size)
  const distinct = countDistinct(bytesOf(values.data), ends.subarray(0, length + 1)) ?? internedIn(values, length, type)
  return distinct * 2 <= length
}

/** The same for long values, as far as they fit into a dictionary. */
function internedIn(values: Values, length: number, type: PhysicalType): number {
  const sample = new Interner(type)
  return sample.intern({ ...values, length }) ? sample.length : length
}

/** Concatenates rows, all of which have indices or none. */
function joinLeaves(leaves: readonly ShreddedLeaf[], { type, maxDefinition }: LeafSpec): ShreddedLeaf {
  if (leaves.length === 1) return leaves[0]!
  const count = leaves.reduce((sum, leaf) => sum + leaf.count, 0)
  const { values, indices } = leaves[0]!
  const levels = (name: 'definition' | 'repetition', usual: number) =>
    joinLevels(
      leaves.map((leaf) => ({ count: leaf.count, levels: leaf[name] ?? usual })),
      count,
      usual,
    )
  return {
    rows: leaves.reduce((sum, leaf) => sum + leaf.rows, 0),
    count,
    definition: levels('definition', maxDefinition),
    repetition: levels('repetition', 0),
    values: indices
      ? values
      : concatValues(
          type,
          leaves.map((leaf) => leaf.values),
        ),
    indices: indices && joinIndices(leaves.map((leaf) => leaf.indices!)),
  }
}
