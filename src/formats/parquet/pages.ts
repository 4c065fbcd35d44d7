/**
 * The numbers of a column of Parquet, a page at a time: they stay in the array that the page is, with a level beside each
 * where some are missing or stand in lists. An array a row, as hyparquet has it, costs ten times as much as all else.
 *
 * A level of definition tells how much of the path to a number is there, one of repetition whether a list goes on; both,
 * and the positions of numbers in a dictionary, are in runs of one number or packed in so many bits each.
 */
import type { SchemaTree } from 'hyparquet'
import { wordAt } from '../../io/byte-reader.js'
import type { FileBytes } from '../../io/temp-file.js'
import { ARRAYS, type NumberArray, type NumberName } from './physical-types.js'
import { type Struct, ThriftReader } from './thrift.js'

/** How the numbers of a column lie. */
export interface NumberType {
  type: NumberName
  /** The level of definition of a number, and that from which on a list has an item; in lists alone are items. */
  defined: number
  item: number
  repeated: boolean
}

/** How the numbers of a column lie, where it holds nothing but these, or one list of them a row. */
export function numberType(tree: SchemaTree): NumberType | undefined {
  // A number alone, a list that is a repeated number, or one whose repeated group holds it: `a`, `a[]`, `a.list[].element`.
  const path = [tree]
  for (let node = tree; node.children.length > 0; path.push(node)) {
    if (node.children.length > 1) return undefined
    node = node.children[0]!
  }
  const steps = path.map(({ element }) => element.repetition_type)
  const { type, logical_type: logical, converted_type: converted } = path.at(-1)!.element
  const isSigned = logical?.type === 'INTEGER' ? logical.isSigned : logical === undefined
  const isPlain = isSigned && (converted === undefined || /^INT_/.test(converted))
  const repeated = steps.indexOf('REPEATED')
  const isList = repeated === Math.min(1, path.length - 1) && steps.lastIndexOf('REPEATED') === repeated
  if (!type || !(type in ARRAYS) || !isPlain || path.length > 3 || (path.length > 1 && !isList)) return undefined
  const levels = (some: typeof steps) => some.filter((step) => step !== 'REQUIRED').length
  const item = levels(steps.slice(0, repeated + 1))
  return { type: type as NumberName, defined: levels(steps), item, repeated: isList }
}

/** Where a column of a row group lies in the file, and what undoes its compression. */
export interface Chunk {
  file: FileBytes
  start: number
  end: number
  /** How many values it is said to have. */
  values: number
  decompress: Decompress
}

type Decompress = (bytes: Uint8Array, size: number) => Uint8Array

/** Takes the rows of a column one after the other. */
export class NumberColumn {
  readonly #type: NumberType
  readonly #chunk: Chunk
  #at: number
  #dictionary: NumberArray | undefined
  /** What was read of pages and not yet taken, and how many rows begin there. */
  #held: Numbers[] = []
  #rows = 0

  constructor(type: NumberType, chunk: Chunk) {
    this.#type = type
    this.#chunk = chunk
    this.#at = chunk.start
  }

  /** So many rows. Where a list ends is known when the next begins. */
  async take(rows: number): Promise<Numbers> {
    const wanted = this.#type.repeated ? rows + 1 : rows
    while (this.#rows < wanted && (await this.#readPage()));
    if (this.#rows < rows) throw new Error(`a column has ${this.#rows} of ${rows} rows`)
    const [taken, rest] = Numbers.join(this.#held).split(rows)
    this.#held = [rest]
    this.#rows -= rows
    return taken
  }

  /** Throws where there are more rows than were taken. */
  async end(): Promise<void> {
    if (this.#rows > 0 || (await this.#readPage())) throw new Error('a column has more rows than its row group')
  }

  /** Reads up to the next page that has rows; false at the end. */
  async #readPage(): Promise<boolean> {
    while (this.#at < this.#chunk.end) {
      const { header, end } = await readHeader(this.#chunk, this.#at)
      const bytes = await this.#chunk.file.read(end, header.size)
      if (bytes.length < header.size) throw new Error('a page is not there')
      this.#at = end + header.size
      if (header.kind === DICTIONARY_PAGE) {
        this.#dictionary = plain(this.#chunk.decompress(bytes, header.whole), this.#type, header.count)
      }
      if (header.kind !== DATA_PAGE && header.kind !== DATA_PAGE_2) continue
      const page = readNumbers(bytes, header, this.#type, this.#chunk.decompress, this.#dictionary)
      this.#held.push(page)
      this.#rows += page.rows
      return true
    }
    return false
  }
}

/** Walks through the pages of a column. Throws where they have other values than the column is said to have. */
export async function checkPages(chunk: Omit<Chunk, 'decompress'>): Promise<void> {
  let values = 0
  for (let at = chunk.start; at < chunk.end; ) {
    const { header, end } = await readHeader(chunk, at)
    if (header.kind === DATA_PAGE || header.kind === DATA_PAGE_2) values += header.count
    at = end + header.size
  }
  if (values !== chunk.values) throw new Error(`a column has ${values} of ${chunk.values} values`)
}

/** The header of a page, and where it ends, which it tells itself: there may be texts in it. */
async function readHeader(chunk: Omit<Chunk, 'decompress'>, at: number): Promise<{ header: PageHeader; end: number }> {
  const left = chunk.end - at
  for (let length = HEADER; ; length *= 8) {
    const reader = new ThriftReader(await chunk.file.read(at, Math.min(length, left)))
    try {
      const header = headerOf(reader.struct())
      if (header.size > left - reader.at) throw new Error('a page is larger than its column')
      if (header.count > chunk.values) throw new Error('a page has more values than its column')
      return { header, end: at + reader.at }
    } catch (error) {
      if (!(error instanceof RangeError) || length >= left) throw error
    }
  }
}

const HEADER = 256
const DATA_PAGE = 0
const DICTIONARY_PAGE = 2
const DATA_PAGE_2 = 3
const PLAIN = 0
const DICTIONARIES = [2, 8]
/** The most numbers that a page is believed to have. */
const MOST = 1 << 26

interface PageHeader {
  kind: number
  /** Its bytes, and those that they are without compression. */
  size: number
  whole: number
  count: number
  encoding: number
  /** The bytes of levels, which are apart and not compressed since version 2. */
  repetition: number
  definition: number
  compressed: boolean
}

function headerOf(fields: Struct): PageHeader {
  const number = (struct: Struct | undefined, id: number, most: number): number => {
    const value = struct?.get(id) ?? 0
    if (typeof value === 'number' && value >= 0 && value <= most) return value
    throw new Error('the header of a page is damaged')
  }
  const kind = number(fields, 1, 3)
  const size = number(fields, 3, 2 ** 31)
  const version2 = kind === DATA_PAGE_2
  const rest = fields.get(version2 ? 8 : kind === DICTIONARY_PAGE ? 7 : 5) as Struct | undefined
  const repetition = version2 ? number(rest, 6, size) : 0
  return {
    kind,
    size,
    whole: number(fields, 2, 2 ** 31),
    count: number(rest, 1, MOST),
    encoding: number(rest, version2 ? 4 : 2, 64),
    repetition,
    definition: version2 ? number(rest, 5, size - repetition) : 0,
    compressed: rest?.get(7) !== false,
  }
}

/** A page's numbers and levels. Those of version 1 stand before the numbers, each with its length. */
function readNumbers(
  bytes: Buffer,
  header: PageHeader,
  type: NumberType,
  decompress: Decompress,
  dictionary?: NumberArray,
) {
  const { kind, count, whole, repetition, definition, compressed } = header
  const levels = repetition + definition
  const rest = bytes.subarray(levels)
  const body = new Levels(compressed ? decompress(rest, whole - levels) : rest, count)
  const [repeats, defined] =
    kind === DATA_PAGE
      ? [body.next(type.repeated ? 1 : 0), body.next(type.defined)]
      : [
          levelsIn(bytes.subarray(0, repetition), type.repeated ? 1 : 0, count),
          levelsIn(bytes.subarray(repetition, levels), type.defined, count),
        ]
  const there = countDefined(defined, type, 0, count)
  const values = numbersIn(body.rest, there, header, type, dictionary)
  return new Numbers(type, values, count, there < count ? defined : undefined, repeats)
}

/** The levels before the numbers of a page, and what is left. */
class Levels {
  constructor(
    public rest: Uint8Array,
    readonly count: number,
  ) {}

  next(most: number): Uint8Array | undefined {
    if (most === 0) return undefined
    const length = new DataView(this.rest.buffer, this.rest.byteOffset, this.rest.length).getUint32(0, true)
    const levels = levelsIn(this.rest.subarray(4, 4 + length), most, this.count)
    this.rest = this.rest.subarray(4 + length)
    return levels
  }
}

function levelsIn(bytes: Uint8Array, most: number, count: number): Uint8Array | undefined {
  return most === 0 ? undefined : readRuns(bytes, 32 - Math.clz32(most), new Uint8Array(count))
}

function countDefined(levels: Uint8Array | undefined, { defined }: NumberType, start: number, end: number): number {
  if (!levels) return end - start
  let count = 0
  for (let at = start; at < end; at++) if (levels[at] === defined) count++
  return count
}

function numbersIn(
  bytes: Uint8Array,
  count: number,
  { encoding }: PageHeader,
  type: NumberType,
  dictionary: NumberArray | undefined,
): NumberArray {
  if (encoding === PLAIN) return plain(bytes, type, count)
  if (!DICTIONARIES.includes(encoding) || !dictionary) throw new Error(`a page has the encoding ${encoding}`)
  const values = new ARRAYS[type.type](count)
  const places = readRuns(bytes.subarray(1), bytes[0] ?? 0, new Uint32Array(count))
  for (let at = 0; at < count; at++) {
    if (places[at]! >= dictionary.length) throw new Error('a number is not in the dictionary')
    values[at] = dictionary[places[at]!]!
  }
  return values
}

/** Numbers as they are in memory. */
function plain(bytes: Uint8Array, { type }: NumberType, count: number): NumberArray {
  const { BYTES_PER_ELEMENT: size } = ARRAYS[type]
  if (bytes.length < count * size) throw new Error('a page ends too early')
  const { buffer, byteOffset } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes.subarray(0, count * size))
  return new ARRAYS[type](buffer as ArrayBuffer, byteOffset, count)
}

/** Fills an array with numbers of so many bits, which are in runs of one or packed by eights. */
function readRuns<T extends Uint8Array | Uint32Array>(bytes: Uint8Array, width: number, out: T): T {
  let at = 0
  for (let done = 0; done < out.length; ) {
    let header = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]
      if (byte === undefined || shift > 28) throw new Error('a page ends within its levels')
      header |= (byte & 127) << shift
      if (byte < 128) break
    }
    const isPacked = (header & 1) === 1
    const size = isPacked ? (header >>> 1) * width : (width + 7) >> 3
    const count = Math.min((header >>> 1) * (isPacked ? 8 : 1), out.length - done)
    if (width > 24 || at + (isPacked ? Math.ceil((count * width) / 8) : size) > bytes.length) {
      throw new Error('a page ends within its levels')
    }
    if (isPacked) unpack(bytes.subarray(at), width, out.subarray(done, done + count))
    else out.fill(wordAt(bytes, at) & ((1 << width) - 1), done, done + count)
    at += size
    done += count
  }
  return out
}

function unpack(bytes: Uint8Array, width: number, out: Uint8Array | Uint32Array): void {
  const mask = (1 << width) - 1
  if (width === 1) for (let at = 0; at < out.length; at++) out[at] = (bytes[at >> 3]! >> (at & 7)) & 1
  else
    for (let at = 0, bit = 0; at < out.length; at++, bit += width)
      out[at] = (wordAt(bytes, bit >>> 3) >>> (bit & 7)) & mask
}

/** The numbers of some rows. */
export class Numbers {
  readonly #type: NumberType
  readonly #values: NumberArray
  readonly #count: number
  /** The levels of definition, where some number is missing; and those of repetition, where there are lists. */
  readonly #defined: Uint8Array | undefined
  readonly #repeats: Uint8Array | undefined

  constructor(type: NumberType, values: NumberArray, count: number, defined?: Uint8Array, repeats?: Uint8Array) {
    this.#type = type
    this.#values = values
    this.#count = count
    this.#defined = defined
    this.#repeats = repeats
  }

  /** How many rows begin here. */
  get rows(): number {
    if (!this.#repeats) return this.#count
    let rows = this.#count
    for (let at = 0; at < this.#count; at++) rows -= this.#repeats[at]!
    return rows
  }

  /** Rows x classes, where each row is a list of so many numbers. */
  matrix(classes: number): Exclude<NumberArray, BigInt64Array> | undefined {
    const repeats = this.#repeats
    if (this.#defined || !repeats || this.#values instanceof BigInt64Array) return undefined
    for (let at = 0, place = 0; at < repeats.length; at++, place = place + 1 === classes ? 0 : place + 1) {
      if ((repeats[at] === 0) !== (place === 0)) return undefined
    }
    return repeats.length % classes === 0 ? this.#values : undefined
  }

  /** A value a row: a number, a list of them, or null. */
  cells(): ArrayLike<unknown> {
    return this.#repeats ? Array.from(this.#lists(this.#repeats)) : this.#items(0, this.#count, 0)
  }

  /** The first rows, and what follows them. */
  split(rows: number): [Numbers, Numbers] {
    const end = this.#endOf(rows)
    const values = countDefined(this.#defined, this.#type, 0, end)
    const part = (start: number, end: number, from: number, to: number) =>
      new Numbers(
        this.#type,
        this.#values.subarray(from, to),
        end - start,
        this.#defined?.subarray(start, end),
        this.#repeats?.subarray(start, end),
      )
    return [part(0, end, 0, values), part(end, this.#count, values, this.#values.length)]
  }

  #endOf(rows: number): number {
    if (!this.#repeats) return rows
    let at = 0
    for (let begun = 0; at < this.#count; at++) if (this.#repeats[at] === 0 && ++begun > rows) break
    return at
  }

  /** A list of numbers for each row; null where there is none. */
  *#lists(repeats: Uint8Array): Generator<ArrayLike<unknown> | null> {
    const { defined, item } = this.#type
    for (let start = 0, end = 1, value = 0; start < this.#count; start = end++) {
      while (end < this.#count && repeats[end] !== 0) end++
      const level = this.#defined?.[start] ?? defined
      if (level < item) yield level < item - 1 ? null : []
      else yield this.#items(start, end, value)
      value += countDefined(this.#defined, this.#type, start, end)
    }
  }

  #items(start: number, end: number, value: number): ArrayLike<unknown> {
    if (!this.#defined) return this.#values.subarray(value, value + end - start)
    const { defined } = this.#type
    return Array.from(this.#defined.subarray(start, end), (level) => (level === defined ? this.#values[value++] : null))
  }

  /** Some numbers and those that follow them. */
  static join(parts: Numbers[]): Numbers {
    const [first] = parts
    if (parts.length === 1) return first!
    const type = first!.#type
    const count = parts.reduce((sum, part) => sum + part.#count, 0)
    const values = parts.reduce((sum, part) => sum + part.#values.length, 0)
    const joined = new Numbers(
      type,
      new ARRAYS[type.type](values),
      count,
      parts.some((part) => part.#defined) ? new Uint8Array(count).fill(type.defined) : undefined,
      type.repeated ? new Uint8Array(count) : undefined,
    )
    let [at, value] = [0, 0]
    for (const part of parts) {
      joined.#values.set(part.#values as never, value)
      if (part.#defined) joined.#defined!.set(part.#defined, at)
      if (part.#repeats) joined.#repeats!.set(part.#repeats, at)
      at += part.#count
      value += part.#values.length
    }
    return joined
  }
}
