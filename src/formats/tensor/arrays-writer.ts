/**
 * Writes a file of named arrays, one per column: the probabilities in the shape of the input, the others in that shape
 * without the class axis. Arrays are stored one after the other, so the first is written directly and the others are
 * collected in temporary files; if the number of rows is unknown, so is the first.
 */
import type { ColumnData } from '../../core/column-data.js'
import type { DataType, Field } from '../../core/data-type.js'
import type { Columns, OutputSchema, RecordBatchWriter } from '../../core/record-batch.js'
import { integersOf } from '../../core/wide-integers.js'
import { columnWriter, outputFields } from '../columnar.js'
import { type ArrayBytes, arrayBytes, type Numbers } from './array-bytes.js'
import { columnNumbers, NO_RANK } from './column-numbers.js'
import { outputShape } from './tensor.js'

/** An array of the file, once the number of rows is known. */
export interface NamedArray {
  name: string
  kind: 'f' | 'i' | 'u' | 'b'
  itemBytes: 1 | 2 | 4 | 8
  sizes: readonly number[]
  /** Its size in bytes. */
  byteLength: number
}

/** The framing around the data of arrays. */
export interface Frame {
  /** Whether arrays of larger items come first, so that each begins at a multiple of its item size. */
  isAligned?: true
  /** Written first. */
  begin(arrays: readonly NamedArray[]): Uint8Array[]
  /** Written before and after the data of each array. */
  before?(array: NamedArray): Uint8Array[]
  after?(array: NamedArray): Uint8Array[]
  /** Called with the data of an array, for checksums. */
  see?(bytes: Uint8Array): void
  /** Written last. */
  end?(): Uint8Array[]
}

/** An array being written. */
interface Output {
  /** The position of its column. */
  index: number
  bytes: ArrayBytes
  describe(rows: number): NamedArray
  /** The numbers of some rows. */
  numbersOf(column: ColumnData): Numbers
}

/** Creates the writer of a file of arrays. */
export async function arraysWriter(schema: OutputSchema, frame: Frame): Promise<RecordBatchWriter> {
  const { rows } = schema
  const columns = outputFields(schema)
  const columnsOf = columnWriter(schema, columns)
  const outputs = await openOutputs(schema, columns, frame)
  let written = 0
  const writeColumns = async (parts: readonly Columns[]) => {
    const pieces: Uint8Array[] = []
    for (const columns of parts) {
      for (const { index, bytes, numbersOf } of outputs) {
        pieces.push(...seen(await bytes.add(numbersOf(columns[index]!)), frame))
      }
      written += columns[0]!.length
    }
    return pieces
  }
  return {
    begin: () => (rows === undefined ? [] : beginFile(outputs, frame, rows)),
    write: (batch) => writeColumns([columnsOf(batch)]),
    writeColumns,
    async *end() {
      if (rows === undefined) yield* beginFile(outputs, frame, written)
      yield* endFile(outputs, frame, written)
    },
    close: () => closeAll(outputs),
  }
}

/** Opens the arrays of the columns, in the order of the file. */
async function openOutputs(schema: OutputSchema, columns: readonly Field[], frame: Frame): Promise<Output[]> {
  const outputs: Output[] = []
  try {
    for (const index of orderOf(columns, schema, frame)) {
      const isKept = index < schema.kept.length
      outputs.push({ index, ...(await outputOf(schema, columns[index]!, isKept, outputs.length === 0)) })
    }
    return outputs
  } catch (error) {
    await closeAll(outputs)
    throw error
  }
}

async function closeAll(outputs: readonly Output[]): Promise<void> {
  for (const { bytes } of outputs) await bytes.close()
}

/** What comes before the data of the first array. */
function beginFile(outputs: readonly Output[], frame: Frame, rows: number): Uint8Array[] {
  const arrays = outputs.map(({ describe }) => describe(rows))
  return [...frame.begin(arrays), ...(frame.before?.(arrays[0]!) ?? [])]
}

/** The rest of the first array, and all others. */
async function* endFile(outputs: readonly Output[], frame: Frame, rows: number): AsyncGenerator<Uint8Array> {
  for (const [index, { bytes, describe }] of outputs.entries()) {
    const array = describe(rows)
    if (index > 0) yield* frame.before?.(array) ?? []
    for await (const piece of bytes.end()) yield* seen([piece], frame)
    yield* frame.after?.(array) ?? []
  }
  yield* frame.end?.() ?? []
}

function seen(pieces: Uint8Array[], frame: Frame): Uint8Array[] {
  for (const bytes of pieces) frame.see?.(bytes)
  return pieces
}

/** The positions of the columns in the order of their arrays. */
function orderOf(columns: readonly Field[], schema: OutputSchema, { isAligned }: Frame): number[] {
  const order = [...columns.keys()]
  const bytesOf = (index: number) => numbersIn(columns[index]!, index < schema.kept.length, schema).itemBytes
  return isAligned ? order.sort((a, b) => bytesOf(b) - bytesOf(a)) : order
}

async function outputOf(
  schema: OutputSchema,
  column: Field,
  isKept: boolean,
  isFirst: boolean,
): Promise<Omit<Output, 'index'>> {
  const { classes, rows } = schema
  const { name, type } = column
  const isList = type.kind === 'list' || type.kind === 'fixed_size_list'
  const width = type.kind === 'fixed_size_list' ? type.size : isList ? classes.length : undefined
  const { sizes, inner } = outputShape(schema, width)
  const { kind, itemBytes, array } = numbersIn(column, isKept, schema)
  return {
    bytes: await arrayBytes(width ?? 1, inner, !isFirst || rows === undefined),
    describe(rows) {
      const lengths = sizes(rows)
      const byteLength = lengths.reduce((product, size) => product * size, itemBytes)
      return { name, kind, itemBytes, sizes: lengths, byteLength }
    },
    numbersOf: (data) => array(columnNumbers(data, classes, kind === 'i' ? NO_RANK : Number.NaN)),
  }
}

interface NumberKind extends Pick<NamedArray, 'kind' | 'itemBytes'> {
  array(numbers: ArrayLike<number | bigint>): Numbers
}

/** The array type for each kind of result. */
const RESULTS = {
  float64: {
    kind: 'f',
    itemBytes: 8,
    array: (numbers) => (numbers instanceof Float64Array ? numbers : new Float64Array(numbers as ArrayLike<number>)),
  },
  float32: { kind: 'f', itemBytes: 4, array: (numbers) => new Float32Array(numbers as ArrayLike<number>) },
  int64: { kind: 'i', itemBytes: 8, array: integersOf },
  bool: { kind: 'b', itemBytes: 1, array: (numbers) => new Uint8Array(numbers as ArrayLike<number>) },
} as const satisfies Record<string, NumberKind>

/** The array type of a column: kept numbers keep theirs, and booleans that may be missing are 1, 0 or NaN. */
function numbersIn({ type, nullable }: Field, isKept: boolean, schema: Pick<OutputSchema, 'float32'>): NumberKind {
  if (type.kind === 'list' || type.kind === 'fixed_size_list') return numbersIn(type.item, isKept, schema)
  if (type.kind === 'bool' && !nullable) return RESULTS.bool
  if (isKept && (type.kind === 'int' || type.kind === 'float')) return keptNumbers(type)
  if (type.kind === 'int') return RESULTS.int64
  return schema.float32 ? RESULTS.float32 : RESULTS.float64
}

function keptNumbers(type: DataType & { kind: 'int' | 'float' }): NumberKind {
  const kind = type.kind === 'float' ? 'f' : type.signed ? 'i' : 'u'
  return { kind, itemBytes: (type.bitWidth / 8) as 1 | 2 | 4 | 8, array: (numbers) => numbers as Numbers }
}
