/**
 * The .npy format of numpy: a header that is a Python literal, then the numbers of one array, nothing after them.
 *
 *     \x93NUMPY major minor length {'descr': '<f8', 'fortran_order': False, 'shape': (3, 10), }
 *
 * Output is in C order, in the shape of the input. The header states the number of rows, so if that is not known, rows
 * are written to a temporary file first.
 */

import type { SettingsOf } from '../../core/options.js'
import type { Field } from '../../core/output-columns.js'
import type {
  Columns,
  Format,
  OutputSchema,
  RecordBatchReader,
  RecordBatchWriter,
  Source,
} from '../../core/record-batch.js'
import { ByteReader } from '../../io/byte-reader.js'
import { bytesWithin } from '../../io/file-bytes.js'
import { openBytes } from '../../io/input-bytes.js'
import { TempFile } from '../../io/temp-file.js'
import { columnWriter, outputFields } from '../columnar.js'
import { arrayBytes } from '../tensor/array-bytes.js'
import { columnNumbers, NO_RANK } from '../tensor/column-numbers.js'
import { tensorReader } from '../tensor/reader.js'
import { outputShape, type TensorBytes } from '../tensor/tensor.js'
import { headerOf, readHeader, requireNumbers } from './header.js'

export const npy: Format = {
  shapes: ['list'],
  typed: true,
  numbersOnly: true,
  read,
  write,
}

async function read(source: Source, settings: SettingsOf<'bytes'>): Promise<RecordBatchReader | undefined> {
  const reader = new ByteReader(source.chunks)
  const header = await readHeader(reader)
  if (!header) return undefined
  const bytes = bytesBehind(reader, header.length, source.file)
  return tensorReader('npy', { name: 'logits', tensor: requireNumbers(header.tensor), bytes }, settings)
}

/** The bytes of an array after its header. */
function bytesBehind(reader: ByteReader, start: number, backing: Source['file']): TensorBytes {
  return {
    chunks: () => reader.rest(),
    async open() {
      const file = await openBytes({ chunks: reader.rest(), file: backing })
      // The temporary file of a pipe does not contain what was read before.
      if (file instanceof TempFile) return file
      return { ...bytesWithin(file, start, Math.max(0, file.size - start)), close: () => file.close() }
    },
  }
}

async function write(schema: OutputSchema): Promise<RecordBatchWriter> {
  const { fields, classes, float32, rows } = schema
  const columnsOf = columnWriter(schema, outputFields(schema))
  const width = fields.reduce((sum, field) => sum + (isNumber(field) ? 1 : classes.length), 0)
  // One number per row has no axis of its own, as in a file of several arrays; one class has.
  const { sizes, inner } = outputShape(schema, fields.length === 1 && isNumber(fields[0]!) ? undefined : width)
  const array = await arrayBytes(width, inner, rows === undefined)
  const kind = kindOf(fields, float32)
  const dtype = kind === 'b1' ? '|b1' : `<${kind}`
  let written = 0
  const writeColumns = async (parts: readonly Columns[]) => {
    const matrix = matrixOf(parts, width, kind, classes)
    written += matrix.length / width
    return array.add(matrix)
  }
  return {
    begin: () => (rows === undefined ? [] : [headerOf(sizes(rows), dtype)]),
    write: (batch) => writeColumns([columnsOf(batch)]),
    writeColumns,
    async *end() {
      if (rows === undefined) yield headerOf(sizes(written), dtype)
      yield* array.end()
    },
    close: array.close,
  }
}

/** Whether a field is one number per row, not one for each class. */
function isNumber({ type }: Field): boolean {
  return type !== 'classes' && type !== 'names'
}

const ARRAYS = { b1: Uint8Array, i8: BigInt64Array, f4: Float32Array, f8: Float64Array } as const

type Kind = keyof typeof ARRAYS
type Matrix = InstanceType<(typeof ARRAYS)[Kind]>

/** The type of all numbers: that of the fields if they have the same, otherwise floats. */
function kindOf(fields: readonly Field[], float32: boolean): Kind {
  if (fields.every(({ type }) => type === 'count')) return 'i8'
  if (fields.every(({ type }) => type === 'names')) return 'b1'
  return float32 ? 'f4' : 'f8'
}

/** Interleaves columns as rows of `width` numbers; list items are contiguous. */
function matrixOf(parts: readonly Columns[], width: number, kind: Kind, classes: readonly string[]): Matrix {
  const rows = parts.reduce((sum, [column]) => sum + column!.length, 0)
  const matrix = new ARRAYS[kind](rows * width)
  let start = 0
  for (const columns of parts) {
    let offset = start
    for (const column of columns) {
      const numbers = columnNumbers(column, classes, kind === 'i8' ? NO_RANK : Number.NaN)
      offset += fill(matrix, offset, numbers as ArrayLike<number>, column.length, width)
    }
    start += columns[0]!.length * width
  }
  return matrix
}

/** Copies the numbers of a column into the rows; returns how many there are per row. */
function fill(matrix: Matrix, start: number, numbers: ArrayLike<number>, length: number, width: number): number {
  const isBigInt = matrix instanceof BigInt64Array
  const size = length > 0 ? numbers.length / length : 0
  if (size === width && !isBigInt) matrix.set(numbers, start)
  for (let row = 0, at = 0, to = start; (size < width || isBigInt) && row < length; row++, to += width) {
    for (let index = 0; index < size; index++, at++) matrix[to + index] = isBigInt ? BigInt(numbers[at]!) : numbers[at]!
  }
  return size
}
