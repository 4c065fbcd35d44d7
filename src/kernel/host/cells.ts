/** Writes text from columns with the kernel: see `assembly/cells.ts`. */
import {
  CELL_COUNT,
  CELL_DOUBLE,
  CELL_FLOAT,
  CELL_INT32,
  CELL_INTEGER,
  CELL_NAME,
  CELL_RESULT,
  CELL_TEXT,
} from '../constants.js'
import { growMemory, ownKernel } from './wasm.js'

/** A cell in each row. Texts are given as the bytes to write. */
interface CellColumn {
  /** The bytes before it, and its bytes if it is null or an empty string. */
  lead: Uint8Array
  none?: Uint8Array
  empty?: Uint8Array | undefined
  /** The bytes around a value that is not null. */
  open?: Uint8Array
  close?: Uint8Array
  validity?: Uint8Array | undefined
  values: CellValues
}

/** The values of a cell: `results` is several numbers per row, separated and rounded as requested. */
export type CellValues =
  | { kind: 'results'; numbers: Float64Array; count: number }
  | { kind: 'texts'; offsets: Int32Array; bytes: Uint8Array }
  | { kind: 'names'; positions: Int32Array | Uint32Array; names: readonly Uint8Array[]; longest: number }
  | { kind: 'numbers'; numbers: Float64Array | Float32Array | BigInt64Array | Int32Array | Uint32Array }

/** How rows are written. */
interface RowLayout {
  /** What follows the last cell. */
  tail: Uint8Array
  /** Separates the results of one cell. */
  delimiter: string
  precision: number | undefined
  float32: boolean
}

/** The maximum size of a number, and how far the kernel may write past its end. */
const NUMBER_ROOM = 26
const PADDING = 64
/** The approximate size of each output piece. */
const ROOM = 1 << 20

/** Writes rows in pieces, each valid until the next is requested. */
export function* writeCells(columns: readonly CellColumn[], rows: number, layout: RowLayout): Generator<Uint8Array> {
  const fixed = columns.reduce((sum, column) => sum + roomOf(column), layout.tail.length)
  const most = Math.max(8, Math.floor(ROOM / fixed) & -8)
  for (let start = 0, count = 0; start < rows; start += count) {
    count = Math.min(most, rows - start)
    while (count > 8 && textBytes(columns, start, count) > ROOM) count = Math.max(8, (count >> 1) & -8)
    yield writeSome(columns, start, count, fixed * count + textBytes(columns, start, count), layout)
  }
}

/** The maximum size of a cell, without the contents of strings. */
function roomOf({
  lead,
  none = NOTHING,
  empty = NOTHING,
  open = NOTHING,
  close = NOTHING,
  values,
}: CellColumn): number {
  const room = lead.length + open.length + close.length + Math.max(none.length, empty.length)
  if (values.kind === 'results') return room + values.count * (NUMBER_ROOM + 1)
  if (values.kind === 'names') return room + values.longest
  return room + (values.kind === 'numbers' ? NUMBER_ROOM : 0)
}

function textBytes(columns: readonly CellColumn[], start: number, count: number): number {
  let sum = 0
  for (const { values } of columns) {
    if (values.kind === 'texts') sum += values.offsets[start + count]! - values.offsets[start]!
  }
  return sum
}

function writeSome(
  columns: readonly CellColumn[],
  start: number,
  count: number,
  room: number,
  layout: RowLayout,
): Uint8Array {
  const memory = new Allocator()
  const tail = memory.texts([layout.tail])
  const cells = columns.map((column) => placeCell(column, start, count, memory))
  const table = memory.words([
    memory.words(cells.flat()),
    cells.length,
    tail,
    layout.delimiter.charCodeAt(0),
    layout.precision ?? 0,
    layout.float32 ? 1 : 0,
  ])
  const out = memory.reserve(room + PADDING)
  const end = ownKernel().writeCells(count, table, out)
  return new Uint8Array(ownKernel().memory.buffer, out, end - out)
}

/** Copies the values of some rows into kernel memory; returns the words of a Cell. */
function placeCell(column: CellColumn, start: number, count: number, memory: Allocator) {
  const { lead, none = NOTHING, empty = NOTHING, open = NOTHING, close = NOTHING, validity, values } = column
  const texts = memory.texts([lead, none, empty, open, close])
  // Rows begin at a multiple of 8, so that their bits fill bytes.
  const valid = validity ? memory.copy(validity.subarray(start >> 3, (start + count + 7) >> 3)) : 0
  const words = (kind: number, at: number, { many = 1, bytes = 0 } = {}) => [kind, many, texts, at, bytes, valid]
  switch (values.kind) {
    case 'results': {
      const { numbers, count: many } = values
      return words(CELL_RESULT, memory.copy(numbers.subarray(start * many, (start + count) * many)), { many })
    }
    case 'texts': {
      const { offsets, bytes } = values
      const first = offsets[start]!
      const at = memory.copy(bytes.subarray(first, offsets[start + count]!))
      const moved = offsets.subarray(start, start + count + 1)
      return words(CELL_TEXT, memory.copy(first === 0 ? moved : moved.map((offset) => offset - first)), { bytes: at })
    }
    case 'names': {
      const { positions, names } = namesOfRows(values, start, count)
      return words(CELL_NAME, memory.copy(positions), { bytes: memory.texts(names) })
    }
    case 'numbers': {
      const { numbers } = values
      return words(kindOf(numbers), memory.copy(numbers.subarray(start, start + count)))
    }
  }
}

/** The names of some rows and their positions. Of more names than rows, only those of the rows would be used. */
function namesOfRows({ positions, names }: CellValues & { kind: 'names' }, start: number, count: number) {
  const some = positions.subarray(start, start + count)
  if (names.length <= count) return { positions: some, names }
  return {
    positions: Uint32Array.from(some.keys()),
    names: Array.from(some, (position) => names[position] ?? NOTHING),
  }
}

const NOTHING = new Uint8Array()

function kindOf(numbers: ArrayBufferView): number {
  if (numbers instanceof Float64Array) return CELL_DOUBLE
  if (numbers instanceof Float32Array) return CELL_FLOAT
  if (numbers instanceof BigInt64Array) return CELL_INTEGER
  return numbers instanceof Uint32Array ? CELL_COUNT : CELL_INT32
}

/** How much memory grows by: each step makes V8 count all of it once more, so many small ones cause many collections. */
const STEP = 1 << 20

/** Allocates kernel memory sequentially. */
class Allocator {
  #end = ownKernel().heapBase()
  /** The memory, until it grows. */
  #bytes = new Uint8Array(ownKernel().memory.buffer)

  /** Reserves bytes at a multiple of 16. */
  reserve(bytes: number): number {
    const start = Math.ceil(this.#end / 16) * 16
    this.#end = start + bytes + PADDING
    if (this.#end > this.#bytes.length) {
      growMemory(ownKernel(), this.#end + STEP)
      this.#bytes = new Uint8Array(ownKernel().memory.buffer)
    }
    return start
  }

  copy({ buffer, byteOffset, byteLength }: ArrayBufferView): number {
    const at = this.reserve(byteLength)
    this.#bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at)
    return at
  }

  words(words: readonly number[]): number {
    return this.copy(Uint32Array.from(words))
  }

  /** Writes a table of strings. */
  texts(texts: readonly Uint8Array[]): number {
    return this.words(texts.flatMap((text) => [text.length > 0 ? this.copy(text) : 0, text.length]))
  }
}
